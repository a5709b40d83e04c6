"""What the staff does before a decision, and what it sees."""

import pytest

from api.accounts.reading import Purpose
from api.audit import read_log
from api.complaints import working
from api.complaints.deciding import refuse
from api.complaints.following import follow
from api.complaints.kinds import Grave
from api.complaints.photos import clean_photo
from api.complaints.reading import list_complaints, read_complaint, read_photo
from api.complaints.refusals import Refusal
from api.errors import CentreError
from api.retention import run
from tests.support.complaints import KIND, Tree
from tests.support.photos import photo


def test_lists_sort_by_urgency_and_hold_no_names(tree: Tree) -> None:
    centre, clock = tree.world.centre, tree.world.clock
    first = tree.open()
    clock.forward(hours=1)
    second = tree.open(unit="TYT-2")
    clock.forward(hours=1)
    third = tree.open()
    working.ask(centre, first.number, "?", staff=tree.staff("TYT-1"))
    clock.forward(hours=5)
    working.bring_answer(centre, first.number, "!", staff=tree.staff("TYT-1"))

    def numbers(place: str, **given: object) -> list[str]:
        return [one.number for one in list_complaints(centre, staff=tree.staff(place), **given)]  # type: ignore[arg-type]

    assert numbers("SYT") == numbers("BYT") == [second.number, third.number, first.number]
    assert numbers("TYT-1") == [third.number, first.number]
    assert numbers("SYT", unit="TYT-2") == [second.number]
    (page,) = list_complaints(centre, staff=tree.staff("SYT"), limit=1)
    assert numbers("SYT", after=page.cursor) == [third.number, first.number]
    refuse(centre, third.number, Refusal.BLURRED, staff=tree.staff("TYT-1"))
    assert numbers("TYT-1") == [first.number]
    assert third.number in numbers("TYT-1", undecided=False)
    assert "Hạnh" not in repr(list_complaints(centre, staff=tree.staff("SYT")))
    with pytest.raises(CentreError, match="place"):
        numbers("TYT-2", unit="TYT-1")
    with pytest.raises(CentreError, match="role"):
        list_complaints(centre, staff=tree.staff("SYT", "a", "police", "auditor", "operator"))


def test_reading_has_a_purpose_and_is_logged(tree: Tree) -> None:
    centre, staff = tree.world.centre, tree.staff("TYT-1")
    clean = clean_photo(photo())
    opened = tree.open(photo=clean)
    read = read_complaint(centre, opened.number, staff=staff, purpose=Purpose.COMPLAINT)
    assert read.texts == {"statement": "Sai ngày sinh", "person_name": "Nguyễn Thị Hồng Hạnh"}
    assert read.photos == (clean.sha256.hex(),)
    assert "Hạnh" not in repr(read)
    assert read_photo(centre, opened.number, clean.sha256, staff=staff, purpose=Purpose.SAMPLE) == clean.jpeg
    with pytest.raises(CentreError, match="photo-not-found"):
        read_photo(centre, opened.number, bytes(32), staff=staff, purpose=Purpose.SAMPLE)
    acts = [(act.act, act.reason) for act in read_log(tree.world.engine, limit=9, actor="lan@TYT-1")]
    assert acts[1:] == [("complaint-photo-read", "sample"), ("complaint-read", "complaint")]


def test_what_is_out_of_reach_does_not_exist(tree: Tree) -> None:
    centre, opened = tree.world.centre, tree.open()
    other = tree.staff("TYT-2")
    for act in (
        lambda: read_complaint(centre, opened.number, staff=other, purpose=Purpose.COMPLAINT),
        lambda: working.ask(centre, opened.number, "?", staff=other),
        lambda: refuse(centre, opened.number, Refusal.BLURRED, staff=other),
        lambda: read_complaint(centre, "01-0000000000", staff=other, purpose=Purpose.COMPLAINT),
    ):
        with pytest.raises(CentreError) as caught:
            act()
        assert (caught.value.code, caught.value.detail) == ("complaint-not-found", "")


def test_the_record_is_found(tree: Tree) -> None:
    centre, staff = tree.world.centre, tree.staff("TYT-1")
    mine, other = *tree.world.add_records(1), *tree.world.add_records(1, unit="TYT-2")
    opened = tree.open()
    for record_id, code in (("r99999999", "complaint-record"), (other, "place")):
        with pytest.raises(CentreError, match=code):
            working.link(centre, opened.number, record_id, staff=staff)
    working.link(centre, opened.number, mine, staff=staff)
    assert tree.world.state(mine)[0] == "disputed"
    working.link(centre, opened.number, mine, staff=staff, grave=Grave.WRONG_PERSON)
    assert tree.row(opened.number).grave == "wrong-person"
    second = tree.world.add_records(1)[0]
    with pytest.raises(CentreError, match="complaint-linked"):
        working.link(centre, opened.number, second, staff=staff)


def test_it_is_passed_on_and_the_clock_runs_on(tree: Tree) -> None:
    centre, clock = tree.world.centre, tree.world.clock
    opened = tree.open()
    clock.forward(hours=40)
    for unit in ("XXX", "TYT-1", "TYT-0"):
        with pytest.raises(CentreError, match="complaint-unit"):
            working.pass_on(centre, opened.number, unit, "nhầm", staff=tree.staff("TYT-1"))
    assert working.pass_on(centre, opened.number, "TYT-2", "tiêm ở đó", staff=tree.staff("TYT-1")) == "TYT-2"
    row = tree.row(opened.number)
    assert (row.unit, row.first_unit, row.due_at) == ("TYT-2", "TYT-1", "2022-03-03T02:00:00Z")
    assert tree.acts(opened.number)[-1] == ("passed-on", "TYT-1", "TYT-2")
    read_complaint(centre, opened.number, staff=tree.staff("TYT-2"), purpose=Purpose.COMPLAINT)


def test_nobody_hands_a_breach_to_somebody_else(tree: Tree) -> None:
    centre, staff = tree.world.centre, tree.staff("TYT-1")
    opened = tree.open()
    tree.world.clock.forward(hours=44)
    with pytest.raises(CentreError, match="complaint-late"):
        working.pass_on(centre, opened.number, "TYT-2", "tiêm ở đó", staff=staff)
    assert working.pass_on(centre, opened.number, "SYT", "cần cấp trên", staff=staff) == "SYT"


def test_conduct_is_passed_on_upwards_only(tree: Tree) -> None:
    centre = tree.world.centre
    opened = tree.open(KIND.CONDUCT, unit="TYT-1")
    for unit in ("TYT-1", "TYT-0", "TYT-2"):
        with pytest.raises(CentreError, match="complaint-unit"):
            working.pass_on(centre, opened.number, unit, "x", staff=tree.staff("SYT"))
    assert working.pass_on(centre, opened.number, "BYT", "x", staff=tree.staff("SYT")) == "BYT"


def test_photos_and_answers_at_the_counter(tree: Tree) -> None:
    centre, staff = tree.world.centre, tree.staff("TYT-1")
    opened = tree.open(staff=staff)
    working.bring_photo(centre, opened.number, clean_photo(photo()), staff=staff)
    with pytest.raises(CentreError, match="complaint-no-question"):
        working.bring_answer(centre, opened.number, "!", staff=staff)
    with pytest.raises(CentreError, match="complaint-open"):
        working.tell_citizen(centre, opened.number, staff=staff)
    assert [act for act, _, _ in tree.acts(opened.number)] == ["received", "photo-added"]


def test_what_was_said_goes_after_two_years_and_what_happened_stays(tree: Tree) -> None:
    centre, clock, staff = tree.world.centre, tree.world.clock, tree.staff("TYT-1")
    closed, still_open = tree.open(), tree.open(unit="BYT")
    refuse(centre, closed.number, Refusal.BLURRED, staff=staff, note="Không đọc được")
    clock.forward(days=731)
    run(tree.world.engine, by="root", at=clock())
    read = read_complaint(centre, closed.number, staff=staff, purpose=Purpose.AUDIT)
    assert (read.texts, {one.text for one in read.events}) == ({}, {None})
    assert [one.event for one in read.events] == ["received", "refused"]
    assert follow(centre, closed.number, closed.secret).refusal == "blurred"
    kept = read_complaint(centre, still_open.number, staff=tree.staff("BYT"), purpose=Purpose.AUDIT)
    assert kept.texts["statement"] == "Sai ngày sinh"
