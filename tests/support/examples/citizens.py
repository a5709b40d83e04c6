"""Examples of the routes of the counter."""

from itertools import count
from typing import Any, Final

from api.accounts.reading import Purpose
from api.accounts.staff import Staff
from api.citizens import counter
from api.citizens.evidence import Evidence
from api.citizens.finding import seek
from certificates.records.dates import PartialDate
from tests.support.centre import World
from tests.support.citizens import add_citizen
from tests.support.examples.example import Example, Request

_numbers: Final = count(500_000)


def visit(world: World, unit: str, caller: Staff, number: int | None = None, **given: Any) -> str:
    """A visit of a fresh person to this clerk's counter; for another caller what is none."""
    if "clerk" not in caller.roles:
        return "nobody's"
    record_id = add_citizen(world, next(_numbers) if number is None else number, unit=unit, **given)
    sought = seek(record_id=record_id)
    found = counter.look_up(world.centre, caller, sought, date_of_birth="", purpose=Purpose.HOLDER_REQUEST)
    return found.visit


def _look_up(world: World, unit: str) -> Request:
    return Request(body={"record_id": add_citizen(world, next(_numbers), unit=unit), "purpose": "holder-request"})


def _print(world: World, unit: str, caller: Staff) -> Request:
    mine = visit(world, unit, caller, number=0)  # first in every queue
    if "clerk" in caller.roles:
        world.agent(unit, account="signer").work(limit=1)
        world.agent("BYT").work(limit=1)
    return Request(body={"visit": mine, "what": "card"})


def _contact(world: World, unit: str, caller: Staff) -> Request:
    return Request(
        body={"visit": visit(world, unit, caller), "contact": "0912345678", "evidence": Evidence.CITIZEN_CARD}
    )


def _guardian(world: World, unit: str, caller: Staff) -> Request:
    child = visit(world, unit, caller, born=PartialDate(2015, 5, 6))
    about = {"visit": child, "guardian_visit": visit(world, unit, caller)}
    return Request(body={**about, "kind": "child", "evidence": Evidence.BIRTH_CERTIFICATE})


def _end(world: World, unit: str, caller: Staff) -> Request:
    given = _guardian(world, unit, caller).body
    if "clerk" not in caller.roles:
        return Request(body={"visit": "nobody's", "watcher": "none"})
    both = {"visit": given["visit"], "guardian_visit": given["guardian_visit"]}
    evidence = Evidence.BIRTH_CERTIFICATE
    handle = counter.keep_guardian(world.centre, caller, **both, kind="child", evidence=evidence)
    return Request(body={"visit": given["visit"], "watcher": handle})


EXAMPLES: Final[dict[str, Example]] = {
    "POST /v1/counter/look-up": Example(_look_up),
    # A visit belongs to the clerk who opened it: no request of another can name it.
    "POST /v1/counter/print": Example(by_caller=_print, placed=False),
    "POST /v1/counter/contact": Example(by_caller=_contact, placed=False),
    "POST /v1/counter/guardian": Example(by_caller=_guardian, placed=False),
    "POST /v1/counter/end-guardian": Example(by_caller=_end, placed=False),
}
