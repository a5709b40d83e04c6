"""Work without a person: it waits, backs off, stops after the running batch, and gives up where a person must act."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest

from certificates.errors import CertificateError
from hsm.errors import PinIncorrect, TokenRemoved
from signer.errors import AgentError, CentreRefusedError
from signer.unattended import FIRST_PAUSE, LONGEST_PAUSE, BackOff, Unattended, passes_at_start
from signer.units import EnrolledUnits
from tests.support.scripted import FailingKey, ScriptedCentre, jobs_of, ministry_of
from tests.support.signing import UNIT, key_of


class Desk:
    """An unattended worker whose waiting takes no time; it stops when it has waited ``rounds`` times."""

    def __init__(self, centre: ScriptedCentre, folder: Path, *, rounds: int, key: Any = None, limit: int = 2) -> None:
        self.centre, self.rounds = centre, rounds
        self.waits: list[float] = []
        self.events: list[Mapping[str, Any]] = []
        units = EnrolledUnits().add(key_of("unit").certificate_der, unit=UNIT, daily_quota=99)
        self.worker = Unattended(
            agent=ministry_of(centre, folder, quota=99, key=key),
            units=lambda: units,
            limit=limit,
            stopped=self.stopped,
            log=self.events.append,
        )

    def stopped(self, seconds: float) -> bool:
        if seconds:
            self.waits.append(seconds)
            self.after_wait()
        return len(self.waits) >= self.rounds

    def after_wait(self) -> None:
        pass


def centre_with(count: int) -> ScriptedCentre:
    jobs = jobs_of(count, task="issue", signer="ministry", confirmed_by="unit")
    return ScriptedCentre(jobs, task="issue", signer="ministry")


def test_it_signs_what_is_there_then_waits_longer_and_longer(tmp_path: Path) -> None:
    desk = Desk(centre := centre_with(5), tmp_path, rounds=8)
    desk.worker.run()
    assert len(centre.signed) == 5
    assert [event["counts"] for event in desk.events] == [{"accepted": 2}, {"accepted": 2}, {"accepted": 1}]
    assert desk.waits == [1, 2, 4, 8, 16, 32, LONGEST_PAUSE, LONGEST_PAUSE]
    assert "Nguyễn" not in str(desk.events)
    assert desk.worker.agent.outcomes == []


def test_told_to_stop_it_ends_after_the_running_batch(tmp_path: Path) -> None:
    desk = Desk(centre := centre_with(5), tmp_path, rounds=0)
    desk.worker.run()
    assert centre.signed == {}
    desk.worker.stopped = lambda _seconds: bool(centre.signed)
    desk.worker.run()
    assert len(centre.signed) == 2
    assert centre.journal.statuses() == ()


def test_while_the_centre_is_away_it_waits_and_then_goes_on(tmp_path: Path) -> None:
    desk = Desk(centre := centre_with(2), tmp_path, rounds=5)
    centre.away = True

    def come_back() -> None:
        centre.away = len(desk.waits) < 3

    desk.after_wait = come_back  # type: ignore[method-assign]
    desk.worker.run()
    assert [event.get("reason") for event in desk.events] == [*["centre-unreachable"] * 3, None]
    assert desk.waits[:3] == [1, 2, 4]
    assert len(centre.signed) == 2


@pytest.mark.parametrize(("status", "passes"), [(429, True), (500, True), (503, True), (403, False), (409, False)])
def test_a_centre_that_refuses_for_now_and_one_that_refuses_for_good(tmp_path: Path, status: int, passes: bool) -> None:
    centre = centre_with(1)

    def refuse(_body: dict[str, Any]) -> Any:
        return httpx2.Response(status, json={"type": "urn:x:no"})

    centre.do_lease = refuse  # type: ignore[assignment,method-assign]
    desk = Desk(centre, tmp_path, rounds=2)
    if passes:
        desk.worker.run()
        assert desk.waits == [1, 2]
    else:
        with pytest.raises(AgentError):
            desk.worker.run()


@pytest.mark.parametrize(("status", "passes"), [(429, True), (502, True), (401, False)])
def test_a_log_in_that_is_refused_for_now_and_one_that_is_refused_for_good(
    tmp_path: Path, status: int, passes: bool
) -> None:
    """Behind a proxy a service that is started again answers 502, to log-ins as well."""
    centre = centre_with(2)
    answer = centre.do_challenge

    def refuse(body: dict[str, Any]) -> Any:
        return answer(body) if desk.waits else httpx2.Response(status, json={"type": "urn:x:no"})

    centre.do_challenge = refuse  # type: ignore[method-assign]
    desk = Desk(centre, tmp_path, rounds=3)
    if passes:
        desk.worker.run()
        assert desk.events[0] == {"event": "trouble", "reason": "login-refused", "pause": 1.0}
        assert len(centre.signed) == 2
    else:
        with pytest.raises(AgentError, match="login-refused"):
            desk.worker.run()


def test_it_stays_away_as_long_as_the_centre_asks(tmp_path: Path) -> None:
    centre = centre_with(1)

    def refuse(_body: dict[str, Any]) -> Any:
        return httpx2.Response(429, json={"type": "urn:x:quota-unit"}, headers={"Retry-After": "30000"})

    centre.do_lease = refuse  # type: ignore[assignment,method-assign]
    desk = Desk(centre, tmp_path, rounds=2)
    desk.worker.run()
    assert all(30_000 <= wait <= 45_000 for wait in desk.waits)


def test_a_gate_that_holds_everything_is_left_alone(tmp_path: Path) -> None:
    centre = centre_with(6)

    def held(body: dict[str, Any]) -> Any:
        ids = [job["job_id"] for job in body["signed"]]
        return {"results": [{"job_id": one, "outcome": "accepted", "reason": "gate", "state": "held"} for one in ids]}

    centre.do_submit = held  # type: ignore[method-assign]
    desk = Desk(centre, tmp_path, rounds=3)
    desk.worker.run()
    assert desk.waits == [1, 2, 4]
    assert {event["pause_reason"] for event in desk.events} == {"refused"}
    assert desk.events[0]["reasons"] == {"gate": 2}


def test_a_slow_centre_gets_as_long_a_pause(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(centre_with(2), tmp_path, rounds=1)
    monkeypatch.setattr("signer.unattended.SLOW", -1.0)
    desk.worker.run()
    assert desk.events[0]["pause_reason"] == "slow"
    assert 0 < desk.waits[0] < LONGEST_PAUSE


def test_a_token_that_was_pulled_is_waited_for_and_a_wrong_pin_is_not(tmp_path: Path) -> None:
    pulled = FailingKey(key_of("ministry"), 1, TokenRemoved("gone"))
    desk = Desk(centre_with(1), tmp_path, rounds=2, key=pulled)
    desk.worker.run()
    assert [event["reason"] for event in desk.events] == ["token-removed"] * 2
    locked = FailingKey(key_of("ministry"), 1, PinIncorrect("wrong"))
    with pytest.raises(PinIncorrect):
        Desk(centre_with(1), tmp_path, rounds=2, key=locked).worker.run()


def test_pauses_double_up_to_a_minute() -> None:
    back_off = BackOff()
    assert [back_off.pause() for _ in range(8)] == [FIRST_PAUSE, 2, 4, 8, 16, 32, 60, 60]
    back_off.reset()
    assert back_off.pause() == FIRST_PAUSE


def lists_that(code: str) -> AgentError:
    error = AgentError("lists-unusable", "no")
    error.__cause__ = CertificateError(code, "no")
    return error


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (AgentError("centre-unreachable", "no"), True),
        (CentreRefusedError("login-refused", "no", status=502), True),  # a proxy whose service is not up yet
        (CentreRefusedError("login-refused", "no", status=401), False),
        (lists_that("lists-unreachable"), True),
        (lists_that("list-chain"), False),
        (AgentError("dsc-unpublished", "no"), False),
        (PinIncorrect("wrong"), False),
        (TokenRemoved("gone"), False),  # was its PIN counted?
        (CertificateError("units-form", "no"), False),
    ],
)
def test_what_is_waited_for_at_the_start(error: Any, passes: bool) -> None:
    assert passes_at_start(error) is passes
