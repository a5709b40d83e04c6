"""Examples of the routes of auditors."""

from typing import Final

from tests.support.examples.example import Example, Request

_WHEN: Final = {"begin": "2022-03-01T00:00:00Z", "end": "2022-03-02T00:00:00Z"}

EXAMPLES: Final[dict[str, Example]] = {
    "POST /v1/audit/acts": Example(lambda _, unit: Request(body={"unit": unit, **_WHEN})),
    "POST /v1/audit/unusual": Example(lambda _world, _unit: Request(body=_WHEN), placed=False),
}
