"""Examples of the routes of auditors."""

from typing import Final

from tests.support.centre import World
from tests.support.examples.example import Example, Request


def _acts(_world: World, unit: str) -> Request:
    return Request(body={"unit": unit, "begin": "2022-03-01T00:00:00Z", "end": "2022-03-02T00:00:00Z"})


EXAMPLES: Final[dict[str, Example]] = {"POST /v1/audit/acts": Example(_acts)}
