"""Examples of the pages of clerks and police."""

import itertools
from collections.abc import Callable
from typing import Final

from api.accounts.exports import request_export
from api.accounts.staff import Staff
from api.complaints.photos import clean_photo
from api.identity.lists import EXPORT
from api.states import RecordState
from api.worklists.asides import AsideReason, put_aside
from tests.support.centre import World
from tests.support.citizens import add_citizen
from tests.support.examples.citizens import visit
from tests.support.examples.complaints import open_at
from tests.support.examples.example import Example, Request, nothing
from tests.support.examples.intake import import_at, pair_at
from tests.support.examples.worklists import recheck_at, record_at
from tests.support.intake import row, write_csv
from tests.support.photos import photo, picture

_numbers = itertools.count(400_000)
_ASIDE: Final = {"do": "aside", "reason": "ill", "days": "3"}


def _record(world: World, unit: str) -> Request:
    return Request(path={"record_id": record_at(world, unit)})


def _decide(world: World, unit: str, caller: Staff) -> Request:
    """Put aside by whose list it is on, and called back by who stands above."""
    of_police = "police" in caller.roles
    record_id = record_at(world, unit, RecordState.REGISTER_DISPUTED if of_police else RecordState.MISMATCHED)
    form = dict(_ASIDE)
    if "overseer" in caller.roles:
        clerk = Staff(account="other", unit=unit, roles=frozenset({"clerk"}))
        put_aside(world.centre, clerk, record_id, reason=AsideReason.ILL, days=3)
        form = {"do": "call-back"}
    return Request(path={"record_id": record_id}, form=form)


def _complaint(world: World, unit: str) -> Request:
    return Request(path={"number": open_at(world, unit)})


def _ask(world: World, unit: str) -> Request:
    return Request(path={"number": open_at(world, unit)}, form={"do": "ask", "question": "?"})


def _photo(world: World, unit: str) -> Request:
    clean = clean_photo(photo(image=picture(16, 16)))
    return Request(path={"number": open_at(world, unit, photo=clean), "photo": clean.sha256.hex()})


def _approve(world: World, unit: str) -> Request:
    other = Staff(account="other", unit=unit, roles=frozenset({"clerk"}))
    export = request_export(world.centre, other, kind=EXPORT, unit=unit, persons=300)
    return Request(form={"do": "approve", "export_id": export.export_id})


def _file(world: World, unit: str) -> Request:
    name = f"{next(_numbers)}.csv"
    path = write_csv(world.centre.settings.data / name, row(unit=unit, id=f"001161{next(_numbers)}"))
    return Request(files={"file": (name, path.read_bytes())})


def _enter(_world: World, unit: str) -> Request:
    given = {"kind": "nothing-found", "statement": "Không thấy gì", "person_name": "Lê Thị Hạnh"}
    return Request(form={**given, "unit": unit})


def _recheck(form: dict[str, str] | None = None) -> Callable[[World, str], Request]:
    return lambda world, unit: Request(path={"closing_id": recheck_at(world, unit)}, form=form)


def _look_up(world: World, unit: str) -> Request:
    record_id = add_citizen(world, next(_numbers), unit=unit)
    return Request(form={"record_id": record_id, "purpose": "holder-request"})


def _visit(form: dict[str, str] | None = None) -> Callable[[World, str, Staff], Request]:
    def about(world: World, unit: str, caller: Staff) -> Request:
        number = next(_numbers)
        mine = visit(world, unit, caller, number=number)
        return Request(path={"record_id": f"r{number:08}"}, cookies={"visit": mine}, form=form)

    return about


EXAMPLES: Final[dict[str, Example]] = {
    "GET /work": Example(nothing, placed=False),
    "GET /work/records/{record_id}": Example(_record),
    "POST /work/records/{record_id}": Example(by_caller=_decide),
    "GET /work/rechecks": Example(nothing, placed=False),
    "GET /work/rechecks/{closing_id}": Example(_recheck()),
    "POST /work/rechecks/{closing_id}": Example(_recheck({"do": "error", "error": "wrong-name"})),
    "GET /work/counter": Example(nothing, placed=False),
    "POST /work/counter": Example(_look_up),
    # A visit belongs to the clerk who opened it: no request of another can name it.
    "GET /work/counter/{record_id}": Example(by_caller=_visit(), placed=False),
    "POST /work/counter/{record_id}": Example(
        by_caller=_visit({"do": "contact", "contact": "0912345678", "evidence": "citizen-card"}), placed=False
    ),
    "GET /work/counter/{record_id}/complaint": Example(by_caller=_visit(), placed=False),
    "POST /work/counter/{record_id}/complaint": Example(
        by_caller=_visit({"kind": "data-wrong", "statement": "Sai ngày sinh"}), placed=False
    ),
    "GET /work/complaints": Example(nothing, placed=False),
    "GET /work/complaints/new": Example(nothing, placed=False),
    "POST /work/complaints/new": Example(_enter, placed=False),
    "GET /work/complaints/{number}": Example(_complaint),
    "POST /work/complaints/{number}": Example(_ask),
    "GET /work/complaints/{number}/photos/{photo}": Example(_photo),
    "GET /work/duplicates": Example(nothing, placed=False),
    "GET /work/duplicates/{duplicate_id}": Example(lambda world, unit: Request(path=pair_at(world, unit))),
    "POST /work/duplicates/{duplicate_id}": Example(
        lambda world, unit: Request(path=pair_at(world, unit), form={"verdict": "different", "why": "hai người"})
    ),
    "GET /work/lists": Example(nothing, placed=False),
    "POST /work/lists": Example(_approve),
    "GET /work/imports": Example(nothing, placed=False),
    "POST /work/imports": Example(_file, placed=False),
    "GET /work/imports/{import_id}": Example(lambda world, unit: Request(path=import_at(world, unit))),
    "GET /work/imports/{import_id}/rows.csv": Example(lambda world, unit: Request(path=import_at(world, unit))),
}
