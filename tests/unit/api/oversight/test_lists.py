"""Every number opens the list behind it: numbers and classes, no person."""

import pytest
from sqlalchemy import select

from api.complaints.kinds import ComplaintKind
from api.complaints.opening import Opening, open_complaint
from api.errors import CentreError
from api.oversight import lists
from api.oversight.lists import Other, Page, What, list_behind, what_of
from api.oversight.stages import Stage
from api.signing.enrolment import suspend_token
from api.states import RecordState, WorkClass
from api.store.schema import audit
from api.worklists.asides import AsideReason, put_aside
from api.worklists.attempts import Outcome, Way, note_attempt
from api.worklists.escalation import raise_old
from tests.support.centre import World
from tests.unit.api.oversight.conftest import add, folded, person

MINISTRY = person("BYT", "auditor")


def listed(world: World, what: What, unit: str | None = None, after: str | None = None) -> Page:
    return list_behind(world.centre, MINISTRY, what, unit=unit, after=after)


@pytest.mark.both_databases
def test_pages_go_on_over_all_units(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "LONGEST", 2)
    for number in range(5):
        add(world, number, RecordState.UNVERIFIABLE, unit="TYT-1" if number < 3 else "TYT-2")
    add(world, 9, RecordState.READY)
    for _ in range(2):
        for what in (Stage.STATION, WorkClass.UNVERIFIABLE):
            found, after = list[tuple[str, str]](), None
            while True:
                page = listed(world, what, after=after)
                found += [(row.unit, row.number) for row in page.rows]
                after = page.after
                if after is None:
                    break
            assert found == [(f"TYT-{1 if number < 3 else 2}", f"r{number:08d}") for number in range(5)]
        folded(world)


def test_units_beyond_a_page_are_not_forgotten(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first units of the list count something, and their records have moved on since."""
    monkeypatch.setattr(lists, "LONGEST", 1)
    add(world, 1, RecordState.READY, unit="TYT-1")
    add(world, 2, RecordState.READY, unit="TYT-2")
    add(world, 3, RecordState.READY, unit="SO-01")
    found, after = list[str](), None
    for _ in range(9):
        page = listed(world, Stage.READY, after=after)
        found += [row.number for row in page.rows]
        after = page.after
        if after is None:
            break
    assert found == ["r00000003", "r00000001", "r00000002"]


def test_states_and_complaints(world: World) -> None:
    add(world, 1, RecordState.ISSUED)
    add(world, 2, RecordState.REVOKED)
    (issued,) = listed(world, Stage.ISSUED).rows
    assert (issued.number, issued.what) == ("r00000001", "issued")
    assert [row.number for row in listed(world, Stage.REVOKED, "TYT-1").rows] == ["r00000002"]
    assert listed(world, Stage.POLICE) == listed(world, Other.LATE) == Page(rows=(), after=None)
    opening = Opening(kind=ComplaintKind.CONDUCT, unit="TYT-1", statement="Đòi tiền")
    number = open_complaint(world.centre, opening).number
    (row,) = listed(world, Other.COMPLAINTS).rows
    assert (row.unit, row.number, row.what) == ("SO-01", number, "conduct")
    assert [row.number for row in listed(world, Other.RECEIVED).rows] == [number]
    assert listed(world, Other.REFUSED).rows == ()
    own = list_behind(world.centre, person("TYT-1"), Other.COMPLAINTS)
    assert own.rows == ()
    with world.engine.connect() as connection:
        acts = connection.execute(select(audit.c.act, audit.c.reason)).all()
    assert ("oversight-list-read", "issued, rows 1") in {tuple(row) for row in acts}


def test_what_somebody_works_on_and_what_is_aside(world: World) -> None:
    clerk = person("TYT-1", "clerk")
    first, second = (add(world, number, RecordState.UNVERIFIABLE) for number in (1, 2))
    note_attempt(world.centre, clerk, first, way=Way.PHONE, outcome=Outcome.NOT_REACHED)
    put_aside(world.centre, clerk, second, reason=AsideReason.ILL, days=3)
    assert [row.number for row in listed(world, Other.ASIDE).rows] == [second]
    assert [row.number for row in listed(world, Other.IN_HAND).rows] == [first, second]
    assert [row.number for row in listed(world, Other.ALL).rows] == [first, second]


def test_what_was_shown_above_for_its_age(world: World) -> None:
    record = add(world, 1, RecordState.UNVERIFIABLE)
    world.clock.forward(days=13)
    add(world, 2, RecordState.UNVERIFIABLE)
    world.clock.forward(days=2)
    raise_old(world.centre)
    assert [row.number for row in listed(world, Other.RAISED).rows] == [record]


def test_units_by_their_tokens(world: World) -> None:
    fingerprint = world.keys["TYT-1"].certificate.fingerprint
    suspend_token(world.engine, fingerprint, by="test", at=world.clock(), reason="lost")
    found = {what: [row.unit for row in listed(world, what).rows] for what in (Other.IN_USE, Other.SUSPENDED)}
    assert found == {Other.IN_USE: ["TYT-2"], Other.SUSPENDED: ["TYT-1"]}
    assert listed(world, Other.NONE).rows == ()
    assert [row.unit for row in listed(world, Other.NOT_IN_USE).rows] == ["TYT-1"]


def test_names_of_lists() -> None:
    assert [what_of(text) for text in ("ready", "unverifiable", "late")] == [
        Stage.READY,
        WorkClass.UNVERIFIABLE,
        Other.LATE,
    ]
    with pytest.raises(CentreError, match="not-found"):
        what_of("nothing")


def test_what_cannot_be_asked(world: World) -> None:
    with pytest.raises(CentreError, match="list-ended"):
        listed(world, Stage.ENDED)
    for after in ("x", "x y", "a b c d"):
        with pytest.raises(CentreError, match="page-after"):
            listed(world, Stage.READY, after=after)
    with pytest.raises(CentreError, match="place"):
        list_behind(world.centre, person("SO-02"), Stage.READY, unit="TYT-1")
