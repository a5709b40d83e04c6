"""One batch at the key: pause, stop, and on through losses of the token with the PIN of the batch."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from certificates.errors import CertificateError
from hsm.errors import PinError, TokenError
from signer.agent import SigningAgent
from signer.batch import Approved
from signer.desk.board import Phase, Progress
from signer.desk.key import DeskKey
from signer.errors import AgentError

PATIENCE: Final = 300.0  # seconds that a person has to plug the token in again, with the PIN of the batch kept
_PAUSE: Final = 0.5
_IN_VAIN: Final = 3  # losses in a row without a signature in between: the token is broken


@dataclass(slots=True)
class Control:
    """What the person wants of a running batch; the signing thread looks before every few records."""

    paused: bool = False
    stopped: bool = False
    changed: threading.Condition = field(default_factory=threading.Condition)

    def set(self, **values: bool) -> None:
        """Change it, and wake who waits."""
        with self.changed:
            for name, value in values.items():
                setattr(self, name, value)
            self.changed.notify_all()


class BatchRun:
    """The signing of one batch, told by ``show``. Used by one thread."""

    def __init__(self, agent: SigningAgent, key: DeskKey, control: Control, show: Callable[[Progress], None]) -> None:
        self._agent = agent
        self._key = key
        self._control = control
        self._show = show
        self._done = self._total = 0

    def sign(self, approved: Approved) -> AgentError | TokenError | None:
        """Sign and send until all is done, the person stops, or nothing helps; that is given back."""
        self._total, rest, in_vain = len(approved), approved, 0
        while True:
            try:
                self._agent.sign_and_send(rest, self._count, self._go_on)
            except TokenError as error:
                before, rest = len(rest), self._agent.rest_of(rest)
                in_vain = in_vain + 1 if len(rest) == before else 0
                self._done = self._total - len(rest)
                if not error.outcome_unknown or in_vain == _IN_VAIN or not len(rest):
                    return error
                self._tell("lost")
                try:
                    if not self._is_back():
                        return None
                except (AgentError, TokenError) as again:
                    return again
            except AgentError as error:
                return error
            except CertificateError as error:
                return AgentError(error.code.lower(), error.detail)
            else:
                return None

    def _count(self, signed: int) -> None:
        self._done += signed
        self._tell("signing")

    def _tell(self, phase: Phase) -> None:
        self._show(Progress(phase=phase, done=self._done, total=self._total))

    def _go_on(self) -> bool:
        control = self._control
        with control.changed:
            while control.paused and not control.stopped:
                self._tell("paused")
                control.changed.wait(1.0)
            self._tell("stopping" if control.stopped else "signing")
            return not control.stopped

    def _is_back(self) -> bool:
        """Open the key again once the token is there; False: the person stopped. Raises TokenError, AgentError."""
        deadline = time.monotonic() + PATIENCE
        while not self._control.stopped:
            try:
                self._key.reopen()
            except PinError:
                raise
            except TokenError:
                if time.monotonic() >= deadline:
                    raise
                with self._control.changed:
                    self._control.changed.wait(_PAUSE)
            else:
                return True
        return False
