"""Examples of the routes of oversight."""

from typing import Final

from tests.support.centre import World
from tests.support.examples.example import Example, Request, nothing


def _at(_world: World, unit: str) -> Request:
    return Request(body={"unit": unit})


def _page(_world: World, unit: str) -> Request:
    return Request(path={"unit": unit})


def _due(_world: World, unit: str) -> Request:
    return Request(path={"unit": unit}, form={"until": "2022-05-01"})


EXAMPLES: Final[dict[str, Example]] = {
    "POST /v1/oversight/area": Example(_at),
    "POST /v1/oversight/coverage": Example(_at),
    "POST /v1/oversight/deadlines": Example(_at),
    "POST /v1/oversight/list": Example(lambda _, unit: Request(body={"unit": unit, "what": "ready"})),
    "POST /v1/oversight/due": Example(lambda _, unit: Request(body={"unit": unit, "until": "2022-05-01"})),
    "GET /oversight": Example(nothing, placed=False),
    "GET /oversight/at/{unit}": Example(_page),
    "GET /oversight/at/{unit}/table.csv": Example(_page),
    "GET /oversight/at/{unit}/coverage": Example(_page),
    "GET /oversight/at/{unit}/coverage.csv": Example(_page),
    "GET /oversight/at/{unit}/list/{what}": Example(lambda _, unit: Request(path={"unit": unit, "what": "late"})),
    "GET /oversight/at/{unit}/due": Example(_page),
    "POST /oversight/at/{unit}/due": Example(_due),
    "GET /oversight/at/{unit}/unusual": Example(_page),
}
