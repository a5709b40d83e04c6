"""Who sits at the desk: the person's shift at the centre, from one proof until the person leaves."""

import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from signer.client import CentreClient, Shift
from signer.desk.board import Board
from signer.errors import AgentError

AWAY: Final = frozenset({"centre-unreachable", "centre-timeout"})
LEFT_ALONE: Final = 1800.0  # seconds that a shift stands while nobody is logged in with the token


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What a person typed to be known at the centre."""

    account: str
    password: str = field(repr=False)
    code: str = field(repr=False)


class Seat:
    """One seat; `sit` and `leave` may be called by several threads."""

    def __init__(self, centre: str, account: str, board: Board) -> None:
        self._centre = centre
        self._board = board
        self._lock = threading.Lock()
        self._shift: Shift | None = None
        self._alone: threading.Timer | None = None
        board.change(account=account)

    @property
    def account(self) -> str:
        """Of the person, or of who is likely to sit here."""
        return self._board.view.account

    def ask(self) -> None:
        """Whether the centre wants the person proven. Without a network nobody knows; the log-in will tell."""
        with CentreClient(self._centre) as client, suppress(AgentError):
            self._board.change(wants_person=client.wants_person())

    def sit(self, typed: Typed) -> None:
        """Begin the person's shift. Without a network what was typed stands for the name alone. Raises AgentError."""
        self.leave()
        self._board.change(account=typed.account)
        with CentreClient(self._centre) as client:
            try:
                self._shift = client.prove(typed.account, typed.password, typed.code)
            except AgentError as error:
                if error.code not in AWAY:
                    raise
        self._board.change(proven=self._shift is not None)
        self.wait()

    def lend(self, client: CentreClient) -> None:
        """The shift goes with what this client does: somebody is here."""
        self._cancel()
        client.shift = self._shift

    def wait(self) -> None:
        """Nobody is logged in with the token: the shift stands for a while."""
        self._cancel()
        if self._shift is not None:
            self._alone = threading.Timer(LEFT_ALONE, self.leave)
            self._alone.daemon = True
            self._alone.start()

    def refused(self) -> None:
        """The centre wants a person, or this one no longer."""
        self.leave()
        self._board.change(wants_person=True)

    def leave(self) -> None:
        """The person left: whoever comes next is asked. Never raises; without a network the shift ends by itself."""
        self._cancel()
        with self._lock:
            shift, self._shift = self._shift, None
        self._board.change(proven=False)
        if shift is not None:
            with CentreClient(self._centre) as client, suppress(AgentError):
                client.end_shift(shift)

    def _cancel(self) -> None:
        if self._alone is not None:
            self._alone.cancel()
