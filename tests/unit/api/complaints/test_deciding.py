"""Decisions: what is put right, what becomes of the old code, and who may not decide."""

from typing import Any

import pytest
from sqlalchemy import select

from api.accounts.staff import Staff
from api.audit import verify_log
from api.complaints import following, working
from api.complaints.deciding import confirm, refuse
from api.complaints.following import follow
from api.complaints.kinds import Grave
from api.complaints.refusals import Refusal
from api.complaints.sweep import sweep_complaints
from api.errors import CentreError
from api.passports.citizen import fetch_passport
from api.revocation.proposals import SERVER, revoke_code, withdraw
from api.revocation.reasons import RevocationReason
from api.revocation.running import run_orders
from api.states import RecordState
from api.store.schema import passports, record_versions
from api.store.schema_complaints import code_endings
from api.store.schema_worklists import correction_evidence
from tests.support.complaints import KIND, Tree, plant

AT_THE_SERVER = Staff(account="an", unit=SERVER, roles=frozenset({"operator"}))
BORN = "1980-04-05"


@pytest.fixture
def issued(make: Any) -> Tree:
    """With one issued passport, of record r00000001, which has a slip."""
    tree = plant(make("station"))
    (record_id,) = tree.world.add_records(1)
    tree.slip(record_id)
    work(tree)
    return tree


def work(tree: Tree) -> None:
    """Sign whatever is ready."""
    tree.world.agent("TYT-1").work()


def codes(tree: Tree) -> list[str]:
    query = select(passports.c.uvci).order_by(passports.c.version)
    with tree.world.engine.connect() as connection:
        return list(connection.execute(query).scalars())


def status(tree: Tree, uvci: str) -> str:
    return fetch_passport(tree.world.centre, certificate_code=uvci, date_of_birth=BORN).status


def code_of(act: Any) -> str:
    with pytest.raises(CentreError) as caught:
        act()
    return caught.value.code


def test_a_confirmed_complaint_corrects_reissues_and_ends_the_old_code(issued: Tree) -> None:
    world, clock = issued.world, issued.world.clock
    (old,) = codes(issued)
    opened = issued.open_on_record()
    assert world.state("r00000001") == ("disputed", "complaint")
    assert status(issued, old) == "valid"  # a complaint stops nobody's certificate
    done = confirm(
        world.centre, opened.number, staff=issued.staff("TYT-1"), note="Đã sửa lô", changes={"dose.2.lot": "ABX9999"}
    )
    assert (done.version, done.record_state, done.endings) == (2, "ready", 1)
    with world.engine.connect() as connection:
        version = connection.execute(select(record_versions).where(record_versions.c.version == 2)).one()
        proof = connection.execute(select(correction_evidence)).one()
        assert (proof.version, proof.kind, proof.reference) == (2, "complaint", opened.number)
        assert (version.made_by, version.why) == ("lan@TYT-1", f"complaint:{opened.number}")
    work(issued)
    _, new = codes(issued)
    clock.forward(days=20)
    assert sweep_complaints(world.centre) == {}  # nobody has told the person
    seen = follow(world.centre, opened.number, opened.secret)
    assert (seen.state, seen.note, seen.steps[-1].event) == ("confirmed", "Đã sửa lô", "told")
    clock.forward(days=14, seconds=-1)
    assert sweep_complaints(world.centre) == {}
    assert status(issued, old) == "valid"
    clock.forward(seconds=1)
    assert sweep_complaints(world.centre) == {"codes-ended": 1}
    assert sweep_complaints(world.centre) == {}
    assert (status(issued, old), status(issued, new)) == ("revoked", "valid")
    assert world.state("r00000001") == ("issued", None)
    verify_log(world.engine)


def test_an_old_code_lives_until_the_new_one_is_there(issued: Tree) -> None:
    world = issued.world
    (old,) = codes(issued)
    opened = issued.open_on_record()
    confirm(world.centre, opened.number, staff=issued.staff("TYT-1"), note="Đã sửa", changes={"dose.2.lot": "ABX9999"})
    working.tell_citizen(world.centre, opened.number, staff=issued.staff("TYT-1"))
    world.clock.forward(days=15)
    assert sweep_complaints(world.centre) == {}
    assert status(issued, old) == "valid"
    work(issued)
    assert sweep_complaints(world.centre) == {"codes-ended": 1}
    assert status(issued, old) == "revoked"


@pytest.mark.parametrize("grave", list(Grave))
def test_for_fraud_or_a_wrong_person_it_ends_at_once(issued: Tree, grave: Grave) -> None:
    world = issued.world
    (old,) = codes(issued)
    opened = issued.open_on_record(grave=grave)
    assert code_of(lambda: status(issued, old)) == "passport-disputed"
    changes = {"date_of_birth": "06/04/1980"} if grave is Grave.WRONG_PERSON else {}
    done = confirm(world.centre, opened.number, staff=issued.staff("TYT-1"), note="Đúng", changes=changes, grave=grave)
    assert done.endings == 1
    assert status(issued, old) == "revoked"
    state, reason = world.state("r00000001")
    assert (state, reason) == (("revoked", "fraud") if grave is Grave.FRAUD else ("awaiting_match", None))
    with world.engine.connect() as connection:
        ending = connection.execute(select(code_endings)).one()
    assert (ending.reason, ending.ended_at, ending.made_by) == (grave.value, ending.ends_at, "lan@TYT-1")
    assert sweep_complaints(world.centre) == {}


def test_what_a_kill_left_between_decision_and_order_is_done_by_the_sweep(
    issued: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    (old,) = codes(issued)
    opened = issued.open_on_record()
    monkeypatch.setattr("api.complaints.deciding.end_due_codes", lambda *_, **__: 0)
    confirm(issued.world.centre, opened.number, staff=issued.staff("TYT-1"), note="Đúng", grave=Grave.FRAUD)
    assert status(issued, old) == "valid"
    assert sweep_complaints(issued.world.centre) == {"codes-ended": 1}
    assert status(issued, old) == "revoked"


def test_a_refused_one_puts_the_record_back(issued: Tree) -> None:
    world = issued.world
    (old,) = codes(issued)
    opened = issued.open_on_record(grave=Grave.WRONG_PERSON)
    refuse(world.centre, opened.number, Refusal.NOTHING_MATCHES, staff=issued.staff("TYT-1"))
    assert world.state("r00000001") == ("issued", None)
    assert status(issued, old) == "valid"
    following.appeal(world.centre, opened.number, opened.secret, "Xem lại")
    assert world.state("r00000001")[0] == "disputed"
    assert code_of(lambda: status(issued, old)) == "passport-disputed"


def test_two_complaints_about_one_record(issued: Tree) -> None:
    world, staff = issued.world, issued.staff("TYT-1")
    one, two = issued.open_on_record(), issued.open_on_record(KIND.DOSES_MISSING)
    confirm(world.centre, one.number, staff=staff, note="Đã sửa", changes={"dose.1.lot": "ABX1"})
    assert world.state("r00000001")[0] == "disputed"  # the other one is open
    given = {"dose.3.given_on": "05/01/2022", "dose.3.product": "vaxzevria", "dose.3.lot": "ABZ3"}
    assert confirm(world.centre, two.number, staff=staff, note="Đã thêm", changes=given).proposed  # wrote version 2
    done = confirm(world.centre, two.number, staff=issued.staff("SYT", "minh"), note="Đã thêm", changes=given)
    assert (done.version, world.state("r00000001")) == (3, ("ready", None))
    work(issued)
    assert len(codes(issued)) == 2


def test_a_record_at_its_signers_is_set_aside_when_it_is_back(tree: Tree) -> None:
    world = tree.world
    (record_id,) = world.add_records(1)
    tree.slip(record_id)
    leased = world.agent("TYT-1").lease()
    opened = tree.open_on_record()
    assert (tree.row(opened.number).dispute, world.state(record_id)[0]) == ("wanted", "leased")
    assert sweep_complaints(world.centre) == {}
    changes = {"dose.2.lot": "ABX9999"}
    staff = tree.staff("TYT-1")
    assert (
        code_of(lambda: confirm(world.centre, opened.number, staff=staff, note="x", changes=changes))
        == "complaint-in-signing"
    )
    agent = world.agent("TYT-1")
    agent.submit(leased["lease_id"], [agent.sign(job) for job in leased["jobs"]])
    world.agent("BYT").work()
    assert sweep_complaints(world.centre) == {"disputed": 1}
    assert world.state(record_id)[0] == "disputed"
    refuse(world.centre, opened.number, Refusal.BLURRED, staff=staff)
    assert world.state(record_id) == ("issued", None)


def test_a_record_that_is_revoked_meanwhile_does_not_come_back_disputed(issued: Tree) -> None:
    world = issued.world
    (old,) = codes(issued)
    opened = issued.open_on_record()
    order_id = revoke_code(world.engine, old, RevocationReason.FRAUD, by="an", at=world.clock())
    assert world.state("r00000001")[0] == "revoked"
    refuse(world.centre, opened.number, Refusal.BLURRED, staff=issued.staff("TYT-1"))
    assert world.state("r00000001")[0] == "revoked"
    assert order_id is not None
    withdraw(world.engine, order_id, why="nhầm", staff=AT_THE_SERVER, at=world.clock())
    run_orders(world.engine, at=world.clock())
    assert world.state("r00000001") == ("issued", None)
    assert issued.open_on_record().unit == "TYT-1"


def test_a_complaint_about_a_revoked_record_holds_nothing(issued: Tree) -> None:
    world = issued.world
    revoke_code(world.engine, codes(issued)[0], RevocationReason.FRAUD, by="an", at=world.clock())
    opened = issued.open_on_record()
    assert (issued.row(opened.number).dispute, world.state("r00000001")[0]) == ("none", "revoked")


def test_what_cannot_be_confirmed(issued: Tree) -> None:
    world, staff = issued.world, issued.staff("TYT-1")
    loose, tied = issued.open(), issued.open_on_record()

    def code(number: str, **given: Any) -> str:
        return code_of(lambda: confirm(world.centre, number, **{"staff": staff, "note": "x", **given}))

    assert code(loose.number) == "complaint-record-missing"
    assert code(tied.number) == "complaint-nothing-changed"
    assert code(tied.number, note="") == "complaint-text"
    assert code(tied.number, changes={"dose.2.lot": "A"}, grave=Grave.FRAUD) == "complaint-fraud"
    for changes in ({"dose.9.lot": "A"}, {"sex": "?"}, {"dose.3.given_on": "05/01/2022"}, {"sex": "Nữ"}):
        assert code(tied.number, changes=changes) == "complaint-correction"
    assert world.state("r00000001")[0] == "disputed"  # nothing of it stayed
    assert code_of(lambda: refuse(world.centre, tied.number, Refusal.CONDUCT_NOT_SHOWN, staff=staff)) == (
        "complaint-reason"
    )
    refuse(world.centre, tied.number, Refusal.BLURRED, staff=staff)
    assert code(tied.number) == "complaint-decided"
    assert code(loose.number, staff=issued.staff("TYT-1", "a", "police")) == "role"


def test_who_is_named_does_not_decide(tree: Tree) -> None:
    centre, opened = tree.world.centre, tree.open()
    working.name_account(centre, opened.number, "Lan", staff=tree.staff("TYT-1", "minh"))
    assert code_of(lambda: refuse(centre, opened.number, Refusal.BLURRED, staff=tree.staff("TYT-1"))) == (
        "complaint-named"
    )
    working.name_account(centre, opened.number, "hoa", staff=tree.staff("TYT-1"))  # takes no name off
    assert code_of(lambda: refuse(centre, opened.number, Refusal.BLURRED, staff=tree.staff("TYT-1"))) == (
        "complaint-named"
    )
    refuse(centre, opened.number, Refusal.BLURRED, staff=tree.staff("TYT-1", "minh"))


def test_who_entered_the_dose_does_not_decide_alone(issued: Tree) -> None:
    """The records of these tests were entered by account ``a`` and written by ``test``."""
    centre, opened = issued.world.centre, issued.open_on_record()
    changes = {"dose.2.lot": "ABX9999"}
    for account in ("a", "TEST"):
        staff = issued.staff("TYT-1", account)
        assert confirm(centre, opened.number, staff=staff, note="Đúng", changes=changes).proposed
        assert refuse(centre, opened.number, Refusal.BLURRED, staff=staff).proposed
    assert issued.row(opened.number).state == "open"
    assert issued.world.state("r00000001")[0] == "disputed"
    assert issued.acts(opened.number)[-1] == ("proposed", "TYT-1", "refused, blurred")
    assert not confirm(centre, opened.number, staff=issued.staff("TYT-1"), note="Đúng", changes=changes).proposed


def test_who_refused_does_not_decide_the_appeal(tree: Tree) -> None:
    centre, opened = tree.world.centre, tree.open()
    refuse(centre, opened.number, Refusal.BLURRED, staff=tree.staff("SYT"))
    following.appeal(centre, opened.number, opened.secret, "Rõ mà")
    assert tree.row(opened.number).unit == "SYT"
    again = tree.staff("SYT")
    assert code_of(lambda: refuse(centre, opened.number, Refusal.BLURRED, staff=again)) == "complaint-decided-before"


def test_a_missing_person_is_entered_and_then_confirmed(tree: Tree) -> None:
    world, staff = tree.world, tree.staff("TYT-1")
    opened = tree.open(KIND.NOTHING_FOUND)
    (record_id,) = world.add_records(1)
    working.link(world.centre, opened.number, record_id, staff=staff)
    assert world.state(record_id) == ("ready", None)
    assert not confirm(world.centre, opened.number, staff=staff, note="Đã nhập").proposed


def test_a_missing_certificate_and_conduct_need_no_correction(tree: Tree) -> None:
    world = tree.world
    (record_id,) = world.add_records(1, state=RecordState.ISSUED)
    tree.slip(record_id)
    opened = tree.open_on_record(KIND.NO_CERTIFICATE)
    assert confirm(world.centre, opened.number, staff=tree.staff("TYT-1"), note="Đã cấp").endings == 0
    conduct, above = tree.open(KIND.CONDUCT), tree.staff("SYT")
    for given in ({"grave": Grave.FRAUD}, {"changes": {"dose.2.lot": "A"}}):
        wanted: Any = given
        assert code_of(lambda w=wanted: confirm(world.centre, conduct.number, staff=above, note="x", **w)) == (
            "complaint-conduct"
        )
    assert not confirm(world.centre, conduct.number, staff=tree.staff("SYT"), note="Đã xử lý").proposed
    assert world.state(record_id) == ("issued", None)
