"""A correction rests on something, and the register is asked again at once."""

from collections.abc import Sequence
from datetime import datetime

import pytest
from sqlalchemy import select

from api.accounts.staff import Staff
from api.errors import CentreError
from api.identity.proofs import Proof, ProofKind
from api.states import RecordState
from api.store.schema_worklists import correction_evidence, work_closings
from api.worklists.listing import list_work, read_history
from api.worklists.mending import CorrectionReason, mend
from certificates.errors import RecordError
from certificates.records.model import Person, RegisterAnswer, RegisterStatus
from tests.support.centre import World
from tests.unit.api.worklists.conftest import CLERK, POLICE, Add, measures

PROOF = Proof(kind=ProofKind.ID_CARD, reference="quyển 7, trang 12")
RIGHT = "NGUYỄN THỊ HOA"


class Answering:
    """A register that knows one name."""

    name = "test"

    def __init__(self, at: datetime) -> None:
        self._at = at

    def look_up(self, person: Person) -> tuple[Person, ...]:
        return ()

    def ask(self, persons: Sequence[Person]) -> list[RegisterAnswer]:
        return [
            RegisterAnswer(
                person_digest=person.digest,
                status=RegisterStatus.FOUND,
                name=person.full_name == RIGHT,
                date_of_birth=True,
                sex=True,
                id_number=True,
                register="test",
                answered_at=self._at,
            )
            for person in persons
        ]


class Silent:
    name = "test"

    def look_up(self, person: Person) -> tuple[Person, ...]:
        return ()

    def ask(self, persons: Sequence[Person]) -> list[RegisterAnswer]:
        raise CentreError("register-away", "no answer")


def test_a_correction_is_matched_at_once_and_counts_as_its_persons_work(world: World, add: Add) -> None:
    one = add(reason="register-mismatch:full_name")
    register = Answering(world.clock())
    wrong = mend(
        world.centre,
        CLERK,
        one,
        {"full_name": "Nguyễn Thị Hương"},
        reason=CorrectionReason.TYPED_WRONG,
        proof=PROOF,
        register=register,
    )
    assert (wrong.state, wrong.reason) == (RecordState.MISMATCHED, "register-mismatch:full_name")
    world.clock.forward(days=1)
    right = mend(
        world.centre,
        CLERK,
        one,
        {"full_name": RIGHT},
        reason=CorrectionReason.REGISTER_RIGHT,
        proof=PROOF,
        register=register,
    )
    assert (right.state, right.record.version) == (RecordState.READY, 3)
    with world.engine.connect() as connection:
        proofs = connection.execute(select(correction_evidence).order_by(correction_evidence.c.version)).all()
        closing = connection.execute(select(work_closings)).one()
        events = read_history(connection, one)
    assert [(row.version, row.kind, row.reference, row.account) for row in proofs] == [
        (2, "id-card-seen", PROOF.reference, "lan"),
        (3, "id-card-seen", PROOF.reference, "lan"),
    ]
    assert (closing.account, closing.version, closing.unit) == ("lan", 3, "TYT-3")
    last = [event for event in events if event.what == "version 3"]
    assert [(event.by, event.code, event.value) for event in last] == [
        ("lan", "register-right", f"id-card-seen: {PROOF.reference}")
    ]
    assert measures(world)["closed"] == 1


def test_a_silent_register_or_none_leaves_it_to_the_next_match(world: World, add: Add) -> None:
    for register in (Silent(), None):
        one = add()
        done = mend(
            world.centre,
            CLERK,
            one,
            {"sex": "Nam"},
            reason=CorrectionReason.TYPED_WRONG,
            proof=PROOF,
            register=register,
        )
        assert (done.state, world.state(one)[0]) == (RecordState.AWAITING_MATCH, "awaiting_match")
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


def test_what_is_refused_changes_nothing(world: World, add: Add) -> None:
    one = add(reason="register-mismatch:sex")
    before = measures(world)
    with pytest.raises(RecordError, match="date-impossible"):
        mend(
            world.centre,
            CLERK,
            one,
            {"date_of_birth": "31/02/1980"},
            reason=CorrectionReason.TYPED_WRONG,
            proof=PROOF,
        )
    assert measures(world) == before


@pytest.mark.parametrize("reference", ["001180000501", "0912 345 678", "x" * 61, "a\nb", "<b>", "001.180.000.501"])
def test_a_reference_is_a_place_and_no_persons_number(reference: str) -> None:
    with pytest.raises(RecordError, match="proof-reference"):
        Proof(kind=ProofKind.SLIP, reference=reference)
