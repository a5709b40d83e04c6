"""What the citizen sees and does with number and secret."""

from datetime import timedelta

import pytest

from api.complaints import following, working
from api.complaints.deciding import refuse
from api.complaints.following import follow
from api.complaints.photos import clean_photo
from api.complaints.refusals import Refusal
from api.complaints.sweep import sweep_complaints
from api.errors import CentreError
from tests.support.complaints import KIND, Tree
from tests.support.photos import photo, picture


def test_every_miss_gives_the_same_answer(tree: Tree) -> None:
    opened = tree.open()
    for number, secret in (
        ("01-0000000000", opened.secret),
        (opened.number, "00000-00000"),
        (opened.number, ""),
        ("", ""),
        ("x", opened.secret),
        (tree.open().number, opened.secret),
    ):
        with pytest.raises(CentreError) as caught:
            follow(tree.world.centre, number, secret)
        assert (caught.value.code, caught.value.detail) == ("complaint-not-found", "")
    assert follow(tree.world.centre, f" {opened.number.lower()} ", opened.secret.lower().replace("-", " ")).number


def test_a_question_stops_the_clock_and_the_answer_starts_it(tree: Tree) -> None:
    centre, clock, staff = tree.world.centre, tree.world.clock, tree.staff("TYT-1")
    opened = tree.open()
    clock.forward(hours=10)
    working.ask(centre, opened.number, "Ông/bà tiêm mũi 2 ngày nào?", staff=staff)
    with pytest.raises(CentreError, match="complaint-asked"):
        working.ask(centre, opened.number, "Còn gì nữa?", staff=staff)
    clock.forward(hours=20)
    seen = follow(centre, opened.number, opened.secret)
    assert (seen.state, seen.question, seen.spent) == ("waiting", "Ông/bà tiêm mũi 2 ngày nào?", timedelta(hours=10))
    assert seen.pause_ends == clock() + timedelta(hours=52)
    seen = following.answer(centre, opened.number, opened.secret, "Ngày 5/10", clean_photo(photo()))
    assert (seen.state, seen.question, seen.paused_at) == ("open", None, None)
    assert seen.due_at == "2022-03-03T22:00:00Z"  # 48 hours from the first of March at 2, and 20 that it stood
    assert [step.event for step in seen.steps] == ["received", "asked", "answered", "photo-added"]
    with pytest.raises(CentreError, match="complaint-no-question"):
        following.answer(centre, opened.number, opened.secret, "Ngày 5/10")


def test_three_questions_and_no_more(tree: Tree) -> None:
    centre, staff = tree.world.centre, tree.staff("TYT-1")
    opened = tree.open()
    for _ in range(3):
        working.ask(centre, opened.number, "?", staff=staff)
        working.bring_answer(centre, opened.number, "!", staff=staff, photo=clean_photo(photo()))
    with pytest.raises(CentreError, match="complaint-questions"):
        working.ask(centre, opened.number, "?", staff=staff)


def test_an_answer_that_never_comes_lets_the_clock_run_on(tree: Tree) -> None:
    centre, clock, staff = tree.world.centre, tree.world.clock, tree.staff("TYT-1")
    opened = tree.open()
    working.ask(centre, opened.number, "?", staff=staff)
    clock.forward(hours=71)
    assert sweep_complaints(centre) == {}
    clock.forward(hours=2)
    assert sweep_complaints(centre) == {"pause-ended": 1}
    seen = follow(centre, opened.number, opened.secret)
    assert (seen.state, seen.spent) == ("open", timedelta(hours=1))


def test_four_photos_at_most_and_the_same_one_counts_once(tree: Tree) -> None:
    centre, opened = tree.world.centre, tree.open()
    for width in (20, 30, 30, 40, 50):
        following.add_photo(centre, opened.number, opened.secret, clean_photo(photo(image=picture(width, 20))))
    with pytest.raises(CentreError, match="complaint-photos"):
        following.add_photo(centre, opened.number, opened.secret, clean_photo(photo(image=picture(60, 20))))


def test_a_refusal_is_appealed_against_once_to_the_unit_above(tree: Tree) -> None:
    centre, clock = tree.world.centre, tree.world.clock
    opened = tree.open()
    with pytest.raises(CentreError, match="complaint-no-appeal"):
        following.appeal(centre, opened.number, opened.secret, "Phiếu rõ mà")
    refuse(centre, opened.number, Refusal.BLURRED, staff=tree.staff("TYT-1"), note="Không đọc được lô")
    seen = follow(centre, opened.number, opened.secret)
    assert (seen.state, seen.refusal, seen.note) == ("refused", "blurred", "Không đọc được lô")
    assert seen.appeal_until == clock() + timedelta(days=30)
    clock.forward(days=29)
    seen = following.appeal(centre, opened.number, opened.secret, "Phiếu rõ mà")
    assert (seen.state, seen.unit, seen.appealed, seen.refusal) == ("open", "SYT", True, None)
    assert (seen.spent, seen.decided_at) == (timedelta(), None)
    assert tree.row(opened.number).due_at == "2022-04-01T02:00:00Z"
    refuse(centre, opened.number, Refusal.BLURRED, staff=tree.staff("SYT", "minh"))
    assert follow(centre, opened.number, opened.secret).appeal_until is None
    with pytest.raises(CentreError, match="complaint-no-appeal"):
        following.appeal(centre, opened.number, opened.secret, "Lần nữa")


def test_an_appeal_after_thirty_days_and_one_above_the_top(tree: Tree) -> None:
    centre, clock = tree.world.centre, tree.world.clock
    opened, top = tree.open(), tree.open(KIND.DATA_WRONG, unit="BYT")
    refuse(centre, opened.number, Refusal.BLURRED, staff=tree.staff("TYT-1"))
    refuse(centre, top.number, Refusal.BLURRED, staff=tree.staff("BYT"))
    with pytest.raises(CentreError, match="complaint-top"):
        following.appeal(centre, top.number, top.secret, "Vì sao?")
    clock.forward(days=31)
    with pytest.raises(CentreError, match="complaint-no-appeal"):
        following.appeal(centre, opened.number, opened.secret, "Vì sao?")


def test_it_is_taken_back(tree: Tree) -> None:
    centre = tree.world.centre
    (record_id,) = tree.world.add_records(1)
    tree.slip(record_id)
    opened = tree.open_on_record()
    assert tree.world.state(record_id)[0] == "disputed"
    assert following.withdraw(centre, opened.number, opened.secret).state == "withdrawn"
    assert tree.world.state(record_id) == ("ready", None)
    for act in (
        lambda: following.withdraw(centre, opened.number, opened.secret),
        lambda: following.add_photo(centre, opened.number, opened.secret, clean_photo(photo())),
        lambda: working.ask(centre, opened.number, "?", staff=tree.staff("TYT-1")),
    ):
        with pytest.raises(CentreError, match="complaint-decided"):
            act()
    assert follow(centre, opened.number, opened.secret).state == "withdrawn"
