"""What the page's buttons do, without a page."""

from dataclasses import replace
from datetime import timedelta

import pytest

from hsm.errors import PinIncorrect, PinLocked, TokenFault, TokenRemoved
from signer.desk import batch_run
from signer.desk.presence import Present
from signer.desk.sitting import DeskRefusalError
from signer.errors import AgentError
from tests.support.scripted import ScriptedCentre
from tests.support.signing import NOW
from tests.support.sitting import TOKEN, ScriptedKey, SittingAt


def code_of(error: "pytest.ExceptionInfo[DeskRefusalError]") -> str:
    return error.value.code


def test_from_the_log_in_to_the_receipt_with_the_pin_each_time(at: SittingAt) -> None:
    view = at.log_in()
    assert (view.stage, view.person and view.person.unit, view.batch and view.batch.records) == ("list", "HN-001", 4)
    key = ScriptedKey.opened
    assert key
    assert not key.open
    at.sign("wrong")
    view = at.idle()
    assert (view.stage, view.trouble and view.trouble.code, at.centre.signed) == ("list", "pin-incorrect", {})
    assert view.trouble
    assert (view.trouble.wrong, view.trouble.vi) == (1, "vi pin-incorrect")
    at.sign()
    view = at.idle()
    assert view.stage == "receipt"
    assert view.receipt
    assert (view.receipt["signed"], view.receipt["left"]) == (4, 0)
    assert not key.open
    assert at.sitting.receipts.newest() == [view.receipt]
    at.sitting.take()
    assert (at.idle().stage, at.board.view.batch) == ("list", None)


def test_only_what_is_chosen_is_signed(at: SittingAt) -> None:
    at.log_in()
    number, shown = at.shown()
    at.sitting.sign(number, {"J-1": shown["J-1"]}, lambda: ScriptedKey.pin, last_try=False)
    assert at.idle().receipt
    assert at.centre.signed.keys() == {"J-1"}
    assert {reason for reason, _ in at.centre.refused.values()} == {"not-now"}


def test_what_was_not_shown_is_not_signed(at: SittingAt) -> None:
    at.log_in()
    number, shown = at.shown()

    def refusal(batch: int, jobs: dict[str, bytes]) -> str:
        with pytest.raises(DeskRefusalError) as error:
            at.sitting.sign(batch, jobs, lambda: ScriptedKey.pin, last_try=False)
        return code_of(error)

    swapped = {"J-0": shown["J-1"], "J-1": shown["J-0"]}
    assert refusal(number, swapped) == "approval-differs"
    assert refusal(number, {**shown, "J-0": bytes(32)}) == "approval-differs"
    assert refusal(number, {**shown, "J-9": shown["J-1"]}) == "approval-differs"
    assert refusal(number + 1, shown) == "batch-other"
    assert refusal(number, {}) == "nothing-chosen"
    assert at.centre.signed == {}
    assert at.board.view.stage == "list"


def test_nothing_is_done_before_its_time(at: SittingAt) -> None:
    sitting = at.sitting
    for act in (
        sitting.put_back,
        sitting.stop,
        sitting.take,
        sitting.not_ready,
        lambda: sitting.pause(paused=True),
        lambda: sitting.sign(1, {"J-0": bytes(32)}, lambda: "", last_try=False),
    ):
        with pytest.raises(DeskRefusalError) as error:
            act()
        assert code_of(error) == "not-now"
    with pytest.raises(DeskRefusalError) as error:
        sitting.log_in(lambda: "", last_try=False)
    assert code_of(error) == "token-none"
    at.log_in()
    with pytest.raises(DeskRefusalError) as error:
        sitting.log_in(lambda: "", last_try=False)
    assert code_of(error) == "not-now"


def test_one_thing_at_a_time(at: SittingAt) -> None:
    at.sitting.see(Present(tokens=(TOKEN,)))
    at.sitting._busy = True
    with pytest.raises(DeskRefusalError) as error:
        at.sitting.log_in(lambda: ScriptedKey.pin, last_try=False)
    assert code_of(error) == "busy"
    at.sitting._busy = False


def test_a_refused_log_in_leaves_nothing_open(at: SittingAt, centre: ScriptedCentre) -> None:
    at.log_in("wrong")
    assert at.board.view.trouble
    assert (at.board.view.stage, at.board.view.person) == ("log-in", None)
    centre.mode = "station"
    view = at.log_in()
    assert view.trouble
    assert (view.trouble.code, view.stage, view.person) == ("mode-differs", "log-in", None)
    assert ScriptedKey.opened
    assert not ScriptedKey.opened.open


def test_returned_records_are_the_centres_again(at: SittingAt) -> None:
    at.log_in()
    at.sitting.put_back()
    assert at.idle().batch is None
    assert len(at.centre.refused) == 4


def test_a_token_that_comes_back_signs_the_rest(at: SittingAt) -> None:
    at.log_in()
    ScriptedKey.faults = [None, TokenRemoved("gone")]
    key = ScriptedKey.opened
    assert key
    key.back = TokenRemoved("not yet")
    at.sign()
    view = at.wait(lambda view: view.progress is not None and view.progress.phase == "lost")
    assert view.progress
    assert (view.progress.done, view.progress.total) == (1, 4)
    at.sitting.see(Present())  # the session outlives a pull in mid-batch
    key.back = None
    at.wait(lambda view: view.stage == "receipt")  # the watch notices the token later than the batch
    at.sitting.see(Present(tokens=(TOKEN,)))
    view = at.idle()
    assert view.receipt
    assert (view.receipt["signed"], view.receipt["left"], view.person is None) == (4, 0, False)


@pytest.mark.parametrize(
    ("back", "code"), [(PinLocked("locked"), "pin-locked"), (AgentError("pin-again", "Again."), "pin-again")]
)
def test_a_token_that_wants_more_than_its_pin_ends_the_batch(at: SittingAt, back: Exception, code: str) -> None:
    at.log_in()
    ScriptedKey.faults = [TokenRemoved("gone")]
    assert ScriptedKey.opened
    ScriptedKey.opened.back = back  # type: ignore[assignment]
    at.sign()
    view = at.idle()
    assert view.receipt
    assert view.trouble
    assert (view.receipt["signed"], view.receipt["left"], view.trouble.code) == (0, 4, code)


def test_a_token_that_fails_again_and_again_is_broken(at: SittingAt) -> None:
    at.log_in()
    ScriptedKey.faults = [TokenFault("broken")] * 9
    at.sign()
    view = at.idle()
    assert view.trouble
    assert (view.trouble.code, ScriptedKey.opened and ScriptedKey.opened.reopened) == ("token-fault", 2)


def test_who_stops_while_the_token_is_away_keeps_the_rest_here(at: SittingAt) -> None:
    at.log_in()
    ScriptedKey.faults = [None, TokenRemoved("gone")]
    assert ScriptedKey.opened
    ScriptedKey.opened.back = TokenRemoved("not yet")
    at.sign()
    at.wait(lambda view: view.progress is not None and view.progress.phase == "lost")
    at.sitting.stop()
    view = at.idle()
    assert view.receipt
    assert (view.receipt["signed"], view.receipt["left"]) == (1, 3)
    at.sitting.take()
    view = at.idle()
    assert view.batch
    assert (view.batch.resumed, view.batch.records) == (True, 3)


def test_nobody_waits_longer_than_patience(at: SittingAt, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_run, "PATIENCE", 0.0)
    at.log_in()
    ScriptedKey.faults = [TokenRemoved("gone")]
    assert ScriptedKey.opened
    ScriptedKey.opened.back = TokenRemoved("not yet")
    at.sign()
    view = at.idle()
    assert view.trouble
    assert view.trouble.code == "token-removed"


def test_the_session_ends_with_its_token_and_the_receipt_stays(at: SittingAt) -> None:
    at.log_in()
    at.sitting.see(Present())
    view = at.idle()
    assert view.trouble
    assert (view.stage, view.person, view.trouble.code) == ("log-in", None, "token-pulled")
    view = at.log_in()
    assert view.batch
    assert view.batch.resumed
    at.sign()
    at.idle()
    at.sitting.see(Present())
    view = at.idle()
    assert (view.stage, view.person) == ("receipt", None)
    at.sitting.take()
    assert (at.board.view.stage, at.board.view.receipt) == ("log-in", None)


def test_a_pull_during_the_log_in_ends_the_session_behind_it(at: SittingAt) -> None:
    at.sitting.see(Present(tokens=(TOKEN,)))

    def pin() -> str:
        return ScriptedKey.pin

    at.sitting._busy = True
    at.sitting._key = ScriptedKey(TOKEN, pin, last_try=False, choose=lambda stored: ())  # type: ignore[assignment]
    at.sitting.see(Present())
    at.sitting._run(lambda: None)
    assert at.board.view.trouble
    assert at.board.view.trouble.code == "token-pulled"


def test_without_a_network_what_is_kept_here_is_signed(at: SittingAt, centre: ScriptedCentre) -> None:
    at.log_in()
    at.sitting.log_out()
    at.idle()
    centre.away = True
    view = at.log_in()
    assert view.person
    assert (view.person.until is None, view.batch and view.batch.records) == (True, 4)
    at.sign()
    view = at.idle()
    assert view.receipt
    assert (view.receipt["unsent"], view.receipt["signed"]) == (4, 0)


def test_a_session_that_is_over_wants_the_pin_again(at: SittingAt, centre: ScriptedCentre) -> None:
    at.log_in()
    at.sign()
    at.idle()
    centre.logins += 1  # the centre forgot
    at.sitting.take()
    view = at.idle()
    assert view.trouble
    assert (view.trouble.code, view.person) == ("session-ended", None)


def test_the_session_ends_when_its_time_is_over(at: SittingAt, centre: ScriptedCentre) -> None:
    centre.session_until = NOW + timedelta(seconds=70)  # a minute less is left for work
    at.log_in()
    assert at.sitting._end
    at.sitting._end.function(*at.sitting._end.args)
    view = at.idle()
    assert view.trouble
    assert (view.trouble.code, view.person, view.stage) == ("session-ended", None, "log-in")


def test_the_unforeseen_is_told_by_its_kind_alone(at: SittingAt) -> None:
    def work() -> None:
        raise ValueError("Nguyễn Thị Minh Khai")

    at.sitting._run(work)
    trouble = at.board.view.trouble
    assert trouble
    assert (trouble.code, "Khai" in trouble.en, "ValueError" in trouble.en) == ("desk-fault", False, True)


def test_after_a_right_pin_all_tries_are_there_again(at: SittingAt) -> None:
    at.sitting.see(Present(tokens=(replace(TOKEN, pin="final"),)))
    at.sitting.log_in(lambda: ScriptedKey.pin, last_try=True)
    view = at.idle()
    assert view.present.only
    assert view.present.only.pin == "good"


def test_wrong_pins_are_counted_until_one_is_right(at: SittingAt) -> None:
    for count in (1, 2):
        view = at.log_in("wrong")
        assert view.trouble
        assert view.trouble.wrong == count
    at.log_in()
    at.sign("wrong")
    view = at.idle()
    assert view.trouble
    assert view.trouble.wrong == 1
    assert PinIncorrect.code == view.trouble.code
