"""Examples of the routes of oversight."""

from typing import Final

from tests.support.centre import World
from tests.support.examples.example import Example, Request


def _at(_world: World, unit: str) -> Request:
    return Request(body={"unit": unit})


EXAMPLES: Final[dict[str, Example]] = {
    "POST /v1/oversight/area": Example(_at),
    "POST /v1/oversight/coverage": Example(_at),
    "POST /v1/oversight/deadlines": Example(_at),
    "POST /v1/oversight/list": Example(lambda _, unit: Request(body={"unit": unit, "stage": "ready"})),
    "POST /v1/oversight/due": Example(lambda _, unit: Request(body={"unit": unit, "until": "2022-05-01"})),
}
