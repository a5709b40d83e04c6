"""One good request for every route of the staff, a file for each area. The matrix of routes and roles calls them."""

from typing import Final

from tests.support.examples import accounts, intake
from tests.support.examples.example import Example, Request

__all__ = ["EXAMPLES", "Example", "Request"]

EXAMPLES: Final[dict[str, Example]] = {**accounts.EXAMPLES, **intake.EXAMPLES}
