"""Lists: by class and desk, oldest first, in pages that lose and double nothing."""

import pytest

from api.audit import read_log
from api.errors import CentreError
from api.states import RecordState, WorkClass, class_of
from api.worklists.listing import list_above, list_work
from tests.support.centre import World
from tests.unit.api.worklists.conftest import CLERK, OVERSEER, Add, staff


def test_pages_go_by_age_and_lose_nothing(world: World, add: Add) -> None:
    ids = []
    for number in range(9):
        ids.append(add())
        if number % 3 == 0:
            world.clock.forward(seconds=1)
    found, after = [], None
    while True:
        page = list_work(world.centre, CLERK, desk="clerk", after=after, limit=2)
        assert len(page.items) <= 2
        found += [item.record_id for item in page.items]
        after = page.after
        if after is None:
            break
    assert sorted(found) == sorted(ids)
    assert found[0] == ids[0]
    assert found[-1] in ids[-3:]
    for wrong in ("x", "eA==", "AHggeA=="):
        with pytest.raises(CentreError, match="page-after"):
            list_work(world.centre, CLERK, desk="clerk", after=wrong)
        with pytest.raises(CentreError, match="page-after"):
            list_above(world.centre, OVERSEER, after=wrong)


def test_by_class_and_by_unit(world: World, add: Add) -> None:
    one = add(RecordState.INCOMPLETE, "sex-missing")
    add(RecordState.INCOMPLETE, "dose-future")
    add(RecordState.MALFORMED_ID, "citizen-id-length", unit="TYT-1")
    (item,) = list_work(world.centre, CLERK, desk="clerk", work_class=WorkClass.MISSING_FIELD).items
    assert (item.record_id, item.work_class, item.attempts, item.raised) == (one, "missing-field", 0, 0)
    assert len(list_work(world.centre, OVERSEER, desk="clerk", unit="TYT-3").items) == 2
    for person, unit in ((CLERK, "TYT-1"), (OVERSEER, "TYT-1"), (CLERK, "T-01")):
        with pytest.raises(CentreError, match="place"):
            list_work(world.centre, person, desk="clerk", unit=unit)
        with pytest.raises(CentreError, match="place"):
            list_above(world.centre, person, unit=unit)
    ministry = staff("thu", "overseer", unit="BYT")
    assert len(list_work(world.centre, ministry, desk="clerk", unit="TYT-3").items) == 2


def test_that_a_page_was_read_stands_in_the_log(world: World, add: Add) -> None:
    add()
    list_work(world.centre, CLERK, desk="clerk")
    act = read_log(world.engine, limit=1)[0]
    assert (act.actor, act.act, act.subject, act.reason) == ("lan@TYT-3", "worklist-read", "TYT-3", "rows 1")


@pytest.mark.parametrize(
    ("state", "reason", "expected"),
    [
        ("incomplete", "date-of-birth-missing", WorkClass.MISSING_FIELD),
        ("incomplete", "lot-missing", WorkClass.MISSING_FIELD),
        ("incomplete", "name-characters", WorkClass.MISSING_FIELD),
        ("incomplete", "dose-order", WorkClass.IMPLAUSIBLE),
        ("incomplete", None, WorkClass.IMPLAUSIBLE),
        ("malformed_id", "citizen-id-length", WorkClass.MALFORMED_ID),
        ("mismatched", "register-mismatch:full_name", WorkClass.MISMATCH_NAME),
        ("mismatched", "register-mismatch:date_of_birth", WorkClass.MISMATCH_DATE_OF_BIRTH),
        ("mismatched", "register-mismatch:sex", WorkClass.MISMATCH_SEX),
        ("mismatched", "register-mismatch:id_number", WorkClass.MISMATCH_ID),
        ("mismatched", "register-mismatch:full_name,sex", WorkClass.MISMATCH_SEVERAL),
        ("unverifiable", "register-no-answer", WorkClass.UNVERIFIABLE),
        ("register_disputed", None, WorkClass.REGISTER_DISPUTED),
        ("deceased", None, WorkClass.DECEASED),
        ("merged", None, WorkClass.MERGED),
        ("awaiting_match", "attestation-needed", WorkClass.ATTESTATION),
        ("awaiting_match", None, None),
        ("held", "gate", WorkClass.HELD),
        ("ready", None, None),
        ("disputed", None, None),
    ],
)
def test_what_is_to_be_mended(state: str, reason: str | None, expected: WorkClass | None) -> None:
    assert class_of(state, reason) is expected
