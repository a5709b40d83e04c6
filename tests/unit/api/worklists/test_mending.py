"""A correction rests on something, and the register is asked again at once."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from api.accounts.staff import Staff
from api.errors import CentreError
from api.identity.proofs import Proof, ProofKind
from api.states import RecordState
from api.store.records import StoredRecord
from api.store.schema_worklists import correction_evidence, work_closings
from api.worklists.history import read_history
from api.worklists.listing import list_work
from api.worklists.mending import CorrectionReason, mend
from certificates.errors import RecordError
from tests.support.centre import World
from tests.unit.api.store.test_moves import place
from tests.unit.api.worklists.conftest import CLERK, POLICE, Add, measures

PROOF = Proof(kind=ProofKind.ID_CARD, reference="quyển 7, trang 12")
RIGHT = "NGUYỄN THỊ HOA"


def change(
    world: World, record_id: str, why: CorrectionReason = CorrectionReason.TYPED_WRONG, **changes: str
) -> StoredRecord:
    return mend(world.centre, CLERK, record_id, changes, reason=why, proof=PROOF)


def with_register(world: World, path: Path) -> World:
    """The centre, with a register in a file."""
    settings = world.centre.settings.model_copy(update={"register_address": str(path)})
    return replace(world, centre=replace(world.centre, settings=settings))


def test_a_correction_is_matched_at_once_and_counts_as_its_persons_work(world: World, add: Add, tmp_path: Path) -> None:
    one = add(reason="register-mismatch:full_name")
    register = tmp_path / "register.csv"
    register.write_text(f"id,name,dob,sex,status\n001180000500,{RIGHT},1980-04-05,F,found\n", encoding="utf-8")
    world = with_register(world, register)
    wrong = change(world, one, full_name="Nguyễn Thị Hương")
    assert (wrong.state, wrong.reason) == (RecordState.MISMATCHED, "register-mismatch:full_name")
    world.clock.forward(days=1)
    right = change(world, one, CorrectionReason.REGISTER_RIGHT, full_name=RIGHT)
    assert (right.state, right.record.version) == (RecordState.READY, 3)
    with world.engine.connect() as connection:
        proofs = connection.execute(select(correction_evidence).order_by(correction_evidence.c.version)).all()
        closing = connection.execute(select(work_closings)).one()
        events = read_history(connection, one)
    assert [(row.version, row.kind, row.reference, row.account) for row in proofs] == [
        (2, "id-card-seen", PROOF.reference, "lan@TYT-3"),
        (3, "id-card-seen", PROOF.reference, "lan@TYT-3"),
    ]
    assert (closing.account, closing.version, closing.unit) == ("lan@TYT-3", 3, "TYT-3")
    last = [event for event in events if event.what == "version 3"]
    assert [(event.by, event.code, event.value) for event in last] == [
        ("lan@TYT-3", "register-right", f"id-card-seen: {PROOF.reference}")
    ]
    assert measures(world)["closed"] == 1


def test_a_silent_register_or_none_leaves_it_to_the_next_match(world: World, add: Add, tmp_path: Path) -> None:
    for there in (world, with_register(world, tmp_path / "missing.csv")):
        one = add()
        assert change(there, one, sex="Nam").state is RecordState.AWAITING_MATCH
        assert world.state(one)[0] == "awaiting_match"
    assert len(list_work(world.centre, CLERK, desk="clerk", status="waiting").items) == 2
    assert measures(world)["awaiting_match/clerk"] == 2


def test_each_desk_corrects_its_own(world: World, add: Add) -> None:
    one = add(RecordState.REGISTER_DISPUTED)

    def correct(person: Staff) -> None:
        mend(world.centre, person, one, {"sex": "Nam"}, reason=CorrectionReason.TYPED_WRONG, proof=PROOF)

    with pytest.raises(CentreError, match="role"):
        correct(CLERK)
    correct(POLICE)
    assert world.state(one)[0] == "awaiting_match"
    place(world, one, RecordState.READY)
    with world.engine.connect() as connection:
        closing = connection.execute(select(work_closings)).one()
    assert (closing.account, closing.unit) == ("minh@CA-3", "CA-3")  # the work of the police, not of the station


def test_what_is_refused_changes_nothing(world: World, add: Add) -> None:
    one = add(reason="register-mismatch:sex")
    before = measures(world)
    for name, value, code in (
        ("date_of_birth", "31/02/1980", "correction-value"),
        ("full_name", "x" * 3000, "correction-value"),
        ("shoe_size", "38", "correction-field"),
        ("sex", "Nữ", "correction-empty"),
    ):
        with pytest.raises(CentreError, match=code):
            change(world, one, CorrectionReason.TYPED_WRONG, **{name: value})
    assert measures(world) == before


@pytest.mark.parametrize("reference", ["001180000501", "0912 345 678", "x" * 61, "a\nb", "<b>", "001.180.000.501"])
def test_a_reference_is_a_place_and_no_persons_number(reference: str) -> None:
    with pytest.raises(RecordError, match="proof-reference"):
        Proof(kind=ProofKind.SLIP, reference=reference)
