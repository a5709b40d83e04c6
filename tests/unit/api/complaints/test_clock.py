"""The 48 hours: what runs, what stands, and how long it may stand."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from api.complaints.clock import ALLOWED, BREACH, LONGEST_PAUSE, LONGEST_QUESTION, ComplaintClock, mark

START = datetime(2022, 4, 29, 16, 59, tzinfo=UTC)  # the evening before a long holiday: calendar hours all the same
HOUR = timedelta(hours=1)


def test_calendar_hours_from_receipt() -> None:
    clock = ComplaintClock(since=START)
    assert clock.due_at == START + 48 * HOUR
    assert clock.spent(START + 30 * HOUR) == 30 * HOUR
    assert clock.spent(START - HOUR) == timedelta()


def test_the_marks() -> None:
    assert [int(mark(number) / HOUR) for number in range(5)] == [24, 44, 48, 72, 96]
    assert mark(BREACH) == ALLOWED
    clock = ComplaintClock(since=START)
    assert clock.next_at(0) == START + 24 * HOUR
    assert clock.next_at(3) == START + 72 * HOUR


def test_it_stands_while_an_answer_is_awaited() -> None:
    clock = ComplaintClock(since=START).pause(START + 10 * HOUR)
    assert clock.spent(START + 60 * HOUR) == 10 * HOUR
    assert clock.pause_ends == clock.next_at(0) == START + 82 * HOUR
    assert not clock.may_pause
    after = clock.run_on(START + 30 * HOUR)
    assert (after.paused, after.paused_at) == (20 * HOUR, None)
    assert after.due_at == START + 68 * HOUR
    assert after.spent(START + 31 * HOUR) == 11 * HOUR


def test_a_question_ends_by_itself() -> None:
    after = ComplaintClock(since=START).pause(START).run_on(START + 1000 * HOUR)
    assert after.paused == LONGEST_QUESTION
    assert after.run_on(START + 2000 * HOUR) == after


def test_all_questions_together_wait_seven_days_at_most() -> None:
    clock = ComplaintClock(since=START, paused=LONGEST_PAUSE - HOUR).pause(START + 500 * HOUR)
    assert clock.pause_ends == START + 501 * HOUR
    assert not clock.run_on(START + 900 * HOUR).may_pause


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200)), max_size=6))
def test_what_ran_and_what_stood_is_all_there_was(waits: list[tuple[int, int]]) -> None:
    clock, now = ComplaintClock(since=START), START
    for running, standing in waits:
        now += running * HOUR
        if clock.may_pause:
            clock = clock.pause(now)
        now += standing * HOUR
        before = clock.spent(now)
        clock = clock.run_on(now)
        assert clock.spent(now) >= before
        assert clock.spent(now) + clock.paused == now - START
        assert clock.paused <= LONGEST_PAUSE
