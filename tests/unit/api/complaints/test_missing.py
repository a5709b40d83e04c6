"""What was missing comes into being with the decision, and goes the road of every record."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from api.accounts.staff import Staff
from api.audit import read_log
from api.citizens.history import history_of
from api.complaints.deciding import confirm
from api.complaints.following import follow
from api.complaints.working import pass_on
from api.errors import CentreError
from api.identity.matching import match_records
from api.identity.proofs import Proof, ProofKind
from api.identity.register import FileRegister
from api.intake.importer import import_file
from api.store.records import load_record
from api.store.schema import record_versions, records
from api.store.schema_complaints import code_endings
from api.store.schema_intake import possible_duplicates
from api.store.schema_worklists import correction_evidence
from tests.support.complaints import KIND, Tree, plant
from tests.support.intake import row, write_csv
from tests.support.staff import add_person

BOOK = Proof(kind=ProofKind.STATION_BOOK, reference="book 7, page 12")
HONG = {
    "full_name": "Nguyễn Thị Hồng",
    "date_of_birth": "07/03/1961",
    "sex": "Nữ",
    "id_number": "001161012345",
}
KNOWN = "001161012345,Nguyễn Thị Hồng,1961-03-07,F,found"
DOSE = {"dose.1.given_on": "05/08/2021", "dose.1.product": "AstraZeneca", "dose.1.lot": "ABX1"}
SECOND = {"dose.2.given_on": "05/10/2021", "dose.2.product": "AstraZeneca", "dose.2.lot": "ABX2"}


def missing(tree: Tree, kind: KIND = KIND.NOTHING_FOUND, **given: Any) -> str:
    return tree.open(kind, statement="Đã tiêm, không có dữ liệu", **given).number


def settle(tree: Tree, number: str, changes: dict[str, str], staff: Staff | None = None, **given: Any) -> Any:
    staff = staff or tree.staff("TYT-1")
    return confirm(
        tree.world.centre, number, staff=staff, changes=changes, **{"note": "Đã bổ sung", "proof": BOOK, **given}
    )


def refused(tree: Tree, number: str, changes: dict[str, str], **given: Any) -> tuple[str, tuple[str, ...]]:
    with pytest.raises(CentreError) as caught:
        settle(tree, number, changes, **given)
    with tree.world.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(records)).scalar_one() == 0
    return caught.value.code, caught.value.fields


@pytest.mark.both_databases
def test_from_the_complaint_to_the_passport(tree: Tree, tmp_path: Path) -> None:
    world = tree.world
    opened = tree.open(KIND.NOTHING_FOUND, statement="Đã tiêm hai mũi")
    done = settle(tree, opened.number, HONG | DOSE | SECOND)
    assert (done.proposed, done.version, done.record_state, done.endings) == (False, 1, "awaiting_match", 0)
    with world.engine.connect() as connection:
        stored = load_record(connection, done.record_id)
        version = connection.execute(select(record_versions)).one()
        proof = connection.execute(select(correction_evidence)).one()
        told = [one.what.en for one in history_of(connection, done.record_id)]
    assert stored is not None
    assert [(one.number, one.unit, one.lot, one.entered_by) for one in stored.record.doses] == [
        (1, "TYT-1", "ABX1", "lan"),
        (2, "TYT-1", "ABX2", "lan"),
    ]
    assert (version.made_by, version.why) == ("lan@TYT-1", f"complaint:{opened.number}")
    assert (proof.version, proof.kind, proof.reference, proof.account) == (
        1,
        "station-book",
        "book 7, page 12",
        "lan@TYT-1",
    )
    assert "What your complaint missed was entered." in told
    (act,) = [act for act in read_log(world.engine, limit=9, subject=done.record_id) if act.act == "record-entered"]
    assert (act.actor, act.reason) == ("lan@TYT-1", f"complaint:{opened.number}")
    case = tree.row(opened.number)
    assert (case.state, case.record_id, case.dispute) == ("confirmed", done.record_id, "none")
    assert follow(world.centre, opened.number, opened.secret).state == "confirmed"
    assert ask(tree, tmp_path, KNOWN) == {"ready": 1}
    assert world.agent("TYT-1").work()[0]["outcome"] == "accepted"
    assert world.agent("BYT").work()[0]["outcome"] == "accepted"
    assert world.state(done.record_id) == ("issued", None)


def ask(tree: Tree, folder: Path, *lines: str) -> Any:
    """Ask a register that has these lines."""
    file = folder / "r.csv"
    file.write_text("\n".join(("id,name,dob,sex,status", *lines)) + "\n", encoding="utf-8")
    world = tree.world
    return match_records(world.engine, FileRegister(file, clock=world.clock), at=world.clock(), by="test").states


def test_who_is_not_in_the_register_goes_to_police_as_ever(tree: Tree, tmp_path: Path) -> None:
    done = settle(tree, missing(tree, KIND.DATES_MISSING), HONG | DOSE)
    ask(tree, tmp_path, "001161012345,Nguyễn Thị Hoa,1961-03-07,F,found")
    assert tree.world.state(done.record_id) == ("mismatched", "register-mismatch:full_name")
    unnumbered = settle(tree, missing(tree), HONG | SECOND | {"id_number": ""}, staff=tree.staff("TYT-1", "minh"))
    assert (unnumbered.record_state, unnumbered.record_id != done.record_id) == ("incomplete", True)
    with tree.world.engine.connect() as connection:
        pair = connection.execute(select(possible_duplicates)).one()
    assert {pair.record_id, pair.other} == {done.record_id, unnumbered.record_id}  # found as after an import


def test_who_entered_it_does_not_sign_it(tree: Tree, tmp_path: Path) -> None:
    for account in ("lan", "mai"):
        add_person(tree.world, account, "TYT-1", "clerk", "signer")
    done = settle(tree, missing(tree), HONG | DOSE | SECOND)
    ask(tree, tmp_path, KNOWN)
    assert tree.world.agent("TYT-1", account="lan").lease()["jobs"] == []
    (job,) = tree.world.agent("TYT-1", account="mai").lease()["jobs"]
    assert job["record"]["record_id"] == done.record_id


def test_who_took_it_down_at_the_counter_does_not_decide_alone(tree: Tree) -> None:
    number = missing(tree, staff=tree.staff("TYT-1"))
    assert settle(tree, number, HONG | DOSE).proposed
    assert tree.row(number).state == "open"
    with tree.world.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(records)).scalar_one() == 0
    assert not settle(tree, number, HONG | DOSE, staff=tree.staff("TYT-1", "minh")).proposed


def test_a_person_who_is_there_gets_the_dose_and_keeps_the_data(make: Any, tmp_path: Path) -> None:
    tree = plant(make("station"))
    world = tree.world
    path = write_csv(tmp_path / "a.csv", row(day="05/08/2021", unit="TYT-2") | {"Người nhập": "mai"})
    assert import_file(world.engine, path, imported_by="huong", at=world.clock()).accepted == 1
    with world.engine.connect() as connection:
        there = connection.execute(select(records)).one()
    ask(tree, tmp_path, KNOWN)
    world.agent("TYT-2").work()
    number = missing(tree, date_of_birth="1961")
    with pytest.raises(CentreError, match="complaint-correction") as caught:
        settle(tree, number, HONG | SECOND | {"sex": "Nam"})
    assert caught.value.fields == ("sex",)
    named = HONG | {"date_of_birth": "1961"}
    done = settle(tree, number, named | SECOND)
    assert (done.record_id, done.version, done.record_state) == (there.record_id, 2, "ready")
    with world.engine.connect() as connection:
        ending = connection.execute(select(code_endings)).one()
        joined = load_record(connection, there.record_id)
    assert (ending.reason, ending.ends_at, done.endings) == ("superseded", None, 1)
    assert joined is not None
    assert [(dose.number, dose.unit) for dose in joined.record.doses] == [(1, "TYT-2"), (2, "TYT-1")]
    with pytest.raises(CentreError, match="complaint-record-there"):
        settle(tree, missing(tree), named | SECOND, staff=tree.staff("TYT-1", "minh"))
    with pytest.raises(CentreError, match="complaint-correction") as caught:
        settle(tree, missing(tree), named | SECOND | {"dose.2.lot": "ABX9"}, staff=tree.staff("TYT-1", "minh"))
    assert caught.value.fields == ("dose.2.lot",)
    mine = missing(tree)
    third = (
        named | {name.replace("2", "3"): value for name, value in SECOND.items()} | {"dose.3.given_on": "05/02/2022"}
    )
    assert settle(tree, mine, third).proposed  # whoever wrote a version of the record does not decide alone
    world.agent("TYT-1").lease()
    with pytest.raises(CentreError, match="complaint-in-signing"):
        settle(tree, mine, third, staff=tree.staff("TYT-1", "minh"))


@pytest.mark.parametrize(
    ("changes", "code", "fields"),
    [
        (HONG, "complaint-correction", ("dose.1.given_on",)),
        (HONG | DOSE | {"dose.1.given_on": "31/02/2021"}, "complaint-correction", ("dose.1.given_on",)),
        (HONG | DOSE | {"dose.1.product": "nước"}, "complaint-correction", ("dose.1.product",)),
        (HONG | DOSE | {"dose.0.lot": "A"}, "complaint-correction", ("dose.0.lot",)),
        (HONG | DOSE | {"entered_by": "mai"}, "complaint-correction", ("entered_by",)),
        (HONG | DOSE | {"full_name": "?"}, "complaint-correction", ("full_name",)),
        (
            HONG | DOSE | SECOND | {"id_number": "", "date_of_birth": ""},
            "complaint-correction",
            ("date_of_birth", "id_number"),
        ),
        (HONG | DOSE | {"unit": "TYT-2"}, "complaint-unit", ("unit",)),
        (HONG | DOSE | {"unit": "NOWHERE"}, "complaint-unit", ("unit",)),
    ],
)
def test_what_comes_not_into_being(tree: Tree, changes: dict[str, str], code: str, fields: tuple[str, ...]) -> None:
    assert refused(tree, missing(tree), changes) == (code, fields)


def test_a_dose_is_proven_by_book_or_slip_and_entered_by_health(tree: Tree) -> None:
    number = missing(tree)
    for proof in (None, Proof(kind=ProofKind.COMPLAINT), Proof(kind=ProofKind.ID_CARD)):
        assert refused(tree, number, HONG | DOSE, proof=proof) == ("complaint-proof", ("proof",))
    assert refused(tree, number, HONG | DOSE, staff=tree.staff("TYT-1", "minh", "police"))[0] == "role"
    assert refused(tree, number, HONG | DOSE, staff=tree.staff("TYT-2"))[0] == "complaint-not-found"
    assert refused(tree, number, {}, proof=None)[0] == "complaint-record-missing"
    other = tree.open(KIND.DOSES_MISSING).number
    assert refused(tree, other, HONG | DOSE)[0] == "complaint-proof"  # there must be a record: it is tied to it
    assert refused(tree, other, HONG | DOSE, proof=None)[0] == "complaint-record-missing"


def test_the_unit_above_enters_for_the_station_below(tree: Tree) -> None:
    number = missing(tree, unit="SYT")
    done = settle(tree, number, HONG | DOSE | {"unit": "TYT-0"}, staff=tree.staff("SYT", "minh"))
    with tree.world.engine.connect() as connection:
        stored = load_record(connection, done.record_id)
    assert stored is not None
    assert (stored.record.doses[0].unit, stored.record.unit) == ("TYT-0", "TYT-1")  # closed: its successor answers


def test_a_dose_of_another_units_record_is_added_by_who_gave_it(make: Any) -> None:
    tree = plant(make("station"))
    world = tree.world
    (record_id,) = world.add_records(1)  # of TYT-1, with two doses
    tree.slip(record_id)
    world.agent("TYT-1").work()
    number = tree.open_on_record(KIND.DOSES_MISSING).number
    clerk, third = tree.staff("TYT-2", "minh"), {"dose.3.given_on": "05/02/2022", "dose.3.product": "Pfizer"}
    with pytest.raises(CentreError, match="complaint-not-found"):
        settle(tree, number, third, staff=clerk)
    pass_on(world.centre, number, "TYT-2", "tiêm ở đó", staff=tree.staff("TYT-1"))
    for changes, code in (
        (third | {"sex": "Nam"}, "complaint-correction"),  # the person is another unit's
        (third | {"unit": "TYT-1"}, "complaint-unit"),
        ({name.replace("3", "2"): value for name, value in third.items()}, "complaint-correction"),  # there already
        ({}, "complaint-correction"),
    ):
        with pytest.raises(CentreError, match=code):
            settle(tree, number, changes, staff=clerk)
        assert world.state(record_id) == ("disputed", "complaint")
    done = settle(tree, number, third | {"dose.3.lot": "FK0112"}, staff=clerk)
    assert (done.record_id, done.version, done.record_state, done.endings) == (record_id, 2, "ready", 1)
    with world.engine.connect() as connection:
        stored = load_record(connection, record_id)
        proof = connection.execute(select(correction_evidence)).one()
    assert stored is not None
    assert [(dose.unit, dose.entered_by) for dose in stored.record.doses] == [
        ("TYT-1", "a"),
        ("TYT-1", "a"),
        ("TYT-2", "minh"),
    ]
    assert (stored.record.unit, proof.version, proof.kind) == ("TYT-2", 2, "station-book")
    assert tree.row(number).state == "confirmed"
    world.agent("TYT-2").work()
    assert world.state(record_id) == ("issued", None)
