"""What the desk does when the token is lost in the middle of a batch: wait for it, open it again, go on."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Final, Protocol

from hsm.errors import PinError, TokenError

if TYPE_CHECKING:
    from signer.agent import SigningAgent
    from signer.batch import Approved

PATIENCE: Final = 60.0  # seconds that a person has to plug the token in again
_PAUSE: Final = 1.0
_IN_VAIN: Final = 3  # losses in a row without a signature in between: the token is broken

Say = Callable[[str, str], None]  # the same in Vietnamese and in English
Bar = Callable[[int], AbstractContextManager[Any]]  # a progress bar for so many records


class Reopens(Protocol):
    """The part of a key that is wanted here."""

    def reopen(self) -> None: ...


def sign_through_losses(agent: "SigningAgent", key: Reopens, approved: "Approved", bar: Bar, say: Say) -> None:
    """Sign and send what was approved. What was signed before a loss is sent; the rest follows within the same lease.

    Raises:
        TokenError: the token did not come back, or fails again and again; PinError at once.
        AgentError: as `SigningAgent.sign_and_send`.
    """
    in_vain = 0
    while True:
        try:
            with bar(len(approved)) as advance:
                agent.sign_and_send(approved, advance)
        except TokenError as error:
            rest = agent.rest_of(approved)
            in_vain = in_vain + 1 if len(rest) == len(approved) else 0
            if not error.outcome_unknown or in_vain == _IN_VAIN or not len(rest):
                raise
            approved = rest
            wait_for_token(key, say, left=len(approved))
        else:
            return


def wait_for_token(key: Reopens, say: Say, *, left: int, patience: float = PATIENCE) -> None:
    """Open the key again, trying until ``patience`` seconds are over. A refused PIN ends it at once."""
    say(
        f"Mất kết nối với token, còn {left} hồ sơ chưa ký: hãy cắm lại token. Chương trình chờ {patience:.0f} giây.",
        f"The token was lost with {left} records to go: plug it in again. Waiting for {patience:.0f} seconds.",
    )
    deadline = time.monotonic() + patience
    while True:
        try:
            key.reopen()
        except PinError:
            raise
        except TokenError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(_PAUSE)
        else:
            say("Đã thấy lại token: ký tiếp.", "The token is back: signing goes on.")
            return
