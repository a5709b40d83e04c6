"""A complaint comes in: whose task it is, until when, and what is kept of it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from api.audit import read_log
from api.complaints.following import follow
from api.complaints.kinds import Grave
from api.complaints.photos import clean_photo
from api.complaints.sealing import open_bytes, open_document
from api.errors import CentreError
from api.states import RecordState
from api.store.schema_complaints import complaint_photos
from tests.support.complaints import KIND, SLIP, Tree, as_role
from tests.support.photos import photo


def test_number_secret_unit_and_time(tree: Tree) -> None:
    opened = tree.open()
    assert opened.unit == "TYT-1"
    assert opened.number.startswith("01-")
    assert len(opened.number) == 14
    assert opened.due_at == tree.world.clock() + timedelta(hours=48)
    assert opened.secret not in repr(opened)
    seen = follow(tree.world.centre, opened.number, opened.secret)
    assert (seen.state, seen.unit_name, seen.spent) == ("open", "Đơn vị TYT-1", timedelta())


def test_whose_task_it_is(tree: Tree) -> None:
    asked: list[tuple[dict[str, Any], str]] = [
        ({"unit": "TYT-2"}, "TYT-2"),
        ({"unit": "TYT-0"}, "TYT-1"),  # closed: the successor inherits
        ({"unit": None, "lives_in": "TYT-2"}, "TYT-2"),
        ({"unit": None, "lives_in": "TYT-0"}, "TYT-1"),
        ({"unit": "TYT-1", "lives_in": "TYT-2"}, "TYT-1"),
        ({"unit": None, "province": "01"}, "SYT"),
        ({"unit": None, "province": "79"}, "BYT"),  # a province without a unit of its own
    ]
    for given, unit in asked:
        assert tree.open(**given).unit == unit


def test_the_station_that_vaccinated_comes_first(tree: Tree) -> None:
    (record_id,) = tree.world.add_records(1, unit="TYT-0")
    tree.slip(record_id)
    opened = tree.open(record_id=record_id, claim_code=SLIP, unit="TYT-2")
    assert opened.unit == "TYT-1"
    row = tree.row(opened.number)
    assert (row.record_id, row.record_version, row.dispute) == (record_id, 1, "held")
    assert tree.world.state(record_id) == ("disputed", "complaint")


def refused(tree: Tree, **given: Any) -> str:
    with pytest.raises(CentreError) as caught:
        tree.open(**given)
    return caught.value.code


def test_what_is_refused(tree: Tree) -> None:
    assert refused(tree, unit="XXX") == "complaint-unit"
    assert refused(tree, unit=None, lives_in="XXX") == "complaint-unit"
    assert refused(tree, unit=None) == "complaint-nowhere"
    assert refused(tree, statement=" ") == "complaint-text"
    assert refused(tree, statement="x" * 4001) == "complaint-text"
    assert refused(tree, contact="x" * 201) == "complaint-text"
    assert refused(tree, person_name="") == "complaint-person"
    assert refused(tree, kind=KIND.CONDUCT, unit=None) == "complaint-unit"
    assert refused(tree, kind=KIND.CONDUCT, unit="BYT") == "complaint-top"
    assert refused(tree, staff=as_role(tree.staff("TYT-1"), "police", "signer")) == "role"


def test_a_slip_ties_it_to_the_record_and_a_wrong_code_is_counted(tree: Tree) -> None:
    (record_id,) = tree.world.add_records(1)
    tree.slip(record_id)
    answers = {
        refused(tree, record_id=record_id, claim_code="00000-00000"),
        refused(tree, record_id=record_id),
        refused(tree, record_id="r99999999", claim_code=SLIP),
        refused(tree, claim_code=SLIP),
    }
    assert answers == {"complaint-slip"}
    for _ in range(3):
        refused(tree, record_id=record_id, claim_code="00000-00000")
    assert refused(tree, record_id=record_id, claim_code=SLIP) == "complaint-slip"
    assert tree.world.state(record_id) == ("ready", None)


def test_nothing_that_names_a_person_stands_open_in_the_database(tree: Tree) -> None:
    clean = clean_photo(photo())
    opened = tree.open(contact="0912 345 678", id_number="001180000001", photo=clean, grave=Grave.FRAUD)
    row = tree.row(opened.number)
    secret = tree.world.centre.secret
    assert open_document(secret, opened.number, row.sealed)["contact"] == "0912 345 678"
    with tree.world.engine.connect() as connection:
        kept = connection.execute(select(complaint_photos)).one()
        assert open_bytes(secret, opened.number, kept.sealed) == clean.jpeg
        assert (kept.sha256, kept.delete_after) == (clean.sha256, None)
        for table in ("complaints", "complaint_events", "complaint_photos", "audit"):
            for stored in connection.execute(text(f"SELECT * FROM {table}")):  # noqa: S608
                told = b"|".join(value if isinstance(value, bytes) else str(value).encode() for value in stored)
                for name in ("Hạnh", "0912", "001180000001", "Sai ngày sinh", opened.secret):
                    assert name.encode() not in told
                assert clean.jpeg[:200] not in told
    with pytest.raises(CentreError, match="complaint-sealed"):
        open_document(b"another secret", opened.number, row.sealed)
    with pytest.raises(CentreError, match="complaint-sealed"):
        open_document(secret, "01-0000000000", row.sealed)


def test_control_characters_are_dropped(tree: Tree) -> None:
    opened = tree.open(statement="a\x00b\x1b[2Jc\nd\u202e")
    texts = open_document(tree.world.centre.secret, opened.number, tree.row(opened.number).sealed)
    assert texts["statement"] == "ab[2Jc\nd"


def test_at_the_counter(tree: Tree) -> None:
    staff = tree.staff("TYT-1")
    opened = tree.open(staff=staff)
    assert tree.row(opened.number).received_by == "lan@TYT-1"
    (act,) = read_log(tree.world.engine, limit=1, subject=opened.number)
    assert (act.actor, act.act, act.reason) == ("lan@TYT-1", "complaint-opened", "data-wrong")


def test_conduct_goes_above_the_unit_and_may_be_anonymous(tree: Tree) -> None:
    given: dict[str, Any] = {"person_name": "", "statement": "Đòi 200.000 đồng"}
    opened = tree.open(KIND.CONDUCT, **given)
    assert (opened.unit, tree.row(opened.number).named_unit) == ("SYT", "TYT-1")
    assert tree.open(KIND.CONDUCT, **given, unit="TYT-0").unit == "SYT"
    assert tree.open(KIND.CONDUCT, **given, unit="SYT").unit == "BYT"


def test_conduct_does_not_show_in_the_record(tree: Tree) -> None:
    (record_id,) = tree.world.add_records(1)
    tree.slip(record_id)
    opened = tree.open_on_record(KIND.CONDUCT, grave=Grave.FRAUD)
    assert (opened.unit, tree.row(opened.number).named_unit) == ("SYT", "TYT-1")
    assert tree.world.state(record_id) == ("ready", None)


def test_conduct_is_not_taken_down_by_the_unit_itself(tree: Tree) -> None:
    for unit in ("TYT-1", "TYT-0"):
        with pytest.raises(CentreError, match="complaint-own-counter"):
            tree.open(KIND.CONDUCT, unit=unit, staff=tree.staff("TYT-1"))
    assert tree.open(KIND.CONDUCT, unit="TYT-1", staff=tree.staff("TYT-2")).unit == "SYT"


def test_who_waits_for_a_certificate_is_not_held_up(tree: Tree) -> None:
    (record_id,) = tree.world.add_records(1, state=RecordState.MISMATCHED)
    tree.slip(record_id)
    opened = tree.open_on_record(KIND.NO_CERTIFICATE)
    assert tree.world.state(record_id) == ("mismatched", None)
    where = follow(tree.world.centre, opened.number, opened.secret).whereabouts
    assert where is not None
    assert (where.state, where.why.en) == ("mismatched", "The population register says otherwise.")
    assert where.next.vi.startswith("Liên hệ người dân")


def test_every_state_tells_a_citizen_where_the_certificate_is(tree: Tree) -> None:
    for state in RecordState:
        (record_id,) = tree.world.add_records(1, state=state)
        tree.slip(record_id)
        opened = tree.open_on_record(KIND.NO_CERTIFICATE, record_id)
        where = follow(tree.world.centre, opened.number, opened.secret).whereabouts
        assert where is not None
        assert where.state == state
        assert where.why.vi
        assert where.next.en
