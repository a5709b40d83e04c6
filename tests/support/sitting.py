"""A sitting at the desk without a token and without a network."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from hsm.errors import TokenError
from signer.desk.board import Board, View
from signer.desk.key import Choose
from signer.desk.presence import PluggedIn, Present
from signer.desk.seat import Typed
from signer.desk.sitting import DeskSettings, Sitting
from signer.errors import AgentError
from tests.support.scripted import CENTRE, ScriptedCentre
from tests.support.signing import key_of
from vaxseal.opening import begin

TOKEN = PluggedIn(module=Path("/driver.so"), serial="00ff", label="Trạm Y tế", pin="good")


class ScriptedKey:
    """As `signer.desk.key.DeskKey`. ``faults``: what each next signature meets, None for none."""

    opened: "ScriptedKey | None" = None
    pin = "271828"
    faults: list[Exception | None] = []  # noqa: RUF012 - set by each test

    def __init__(self, token: PluggedIn, pin: Callable[[], str], *, last_try: bool, choose: Choose) -> None:
        self.token = token
        self.others: tuple[bytes, ...] = ()
        self._key = key_of("unit")
        self.open = True
        self.reopened = 0
        self.back: TokenError | None = None
        self._check(pin)
        type(self).opened = self

    def _check(self, pin: Callable[[], str]) -> None:
        from hsm.errors import PinIncorrect

        if pin() != self.pin:
            raise PinIncorrect("the PIN is wrong; it was not tried again")

    @property
    def certificate_der(self) -> bytes:
        return self._key.certificate_der

    @property
    def algorithm(self) -> Any:
        return self._key.algorithm

    def sign(self, tbs: bytes) -> bytes:
        if not self.open:
            raise AgentError("session-ended", "The session ended: log in again.")
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None:
            raise fault
        return self._key.sign(tbs)

    @contextmanager
    def unlocked(self, pin: Callable[[], str], *, last_try: bool) -> Iterator[None]:
        self._check(pin)
        self.open = True
        try:
            yield
        finally:
            self.shut()

    def reopen(self) -> None:
        self.reopened += 1
        if self.back is not None:
            raise self.back

    def shut(self) -> None:
        self.open = False


class SittingAt:
    """A sitting, its board, its centre, and how to wait for what its thread does."""

    def __init__(self, folder: Path, centre: ScriptedCentre, limit: int) -> None:
        self.centre = centre
        self.board = Board()
        self.settings = DeskSettings(
            centre=CENTRE,
            account="lan",
            mode="two-tier",
            journal=folder / "batches",
            receipts=folder / "receipts",
            limit=limit,
            vietnamese=lambda code: f"vi {code}",
            choose=lambda stored: (),
            begin=partial(begin, may_be_offline=True),
            check=lambda agent, session: None,
        )
        self.sitting = Sitting(self.settings, self.board)

    def wait(self, until: Callable[[View], bool]) -> View:
        for _ in range(1000):
            if until(self.board.view):
                return self.board.view
            time.sleep(0.01)
        raise AssertionError(self.board.view)

    def idle(self) -> View:
        """When nothing is being done any more."""
        return self.wait(lambda view: not self.sitting._busy)

    def log_in(self, pin: str = ScriptedKey.pin, typed: Typed | None = None) -> View:
        self.sitting.see(Present(tokens=(TOKEN,)))
        self.sitting.log_in(lambda: pin, last_try=False, typed=typed)
        return self.idle()

    def shown(self) -> tuple[int, dict[str, bytes]]:
        """The number of the batch, and what a page sends to have all of it signed."""
        from signer.approval import approval_digest

        number, batch = self.sitting.rows()
        assert batch is not None
        return number, {job.job_id: approval_digest(job) for job in batch.reviewed}

    def sign(self, pin: str = ScriptedKey.pin) -> None:
        number, shown = self.shown()
        self.sitting.sign(number, shown, lambda: pin, last_try=False)
