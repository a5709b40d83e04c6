"""Examples of the staff's first pages."""

from tests.support.examples.example import Example, nothing

EXAMPLES = {
    "GET /staff": Example(nothing, placed=False),
    "POST /staff/logout": Example(nothing, placed=False),
}
