"""The token's key as the desk uses it: open for one log-in or one batch, and shut in between, so that each wants the
PIN."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

from certificates.signing import Algorithm
from hsm.errors import TokenRemoved
from hsm.tokens import TokenSelector
from hsm.worker.key import WorkerKey, open_worker_key
from signer.desk.presence import PluggedIn
from signer.errors import AgentError

_SHUT: Final = "The session ended: log in again."


class DeskKey:
    """One key of one token. `unlocked` opens it with a PIN; outside of that it signs nothing.

    The first opening chooses the certificate; every further one wants the same key and certificate again.
    """

    def __init__(self, token: PluggedIn, pin: Callable[[], str], *, last_try: bool) -> None:
        """Raises TokenError."""
        self.token = token
        self._key: WorkerKey | None = None
        key = open_worker_key(
            token.module,
            TokenSelector(serial=token.serial),
            pin,
            at=datetime.now(UTC),
            allow_final_try=last_try,
        )
        self._key = key
        self._certificate_der, self._algorithm = key.certificate_der, key.algorithm

    def __repr__(self) -> str:
        return f"DeskKey(token={self.token.serial!r})"

    @property
    def certificate_der(self) -> bytes:
        return self._certificate_der

    @property
    def algorithm(self) -> Algorithm:
        return self._algorithm

    def sign(self, tbs: bytes) -> bytes:
        """As `hsm.worker.key.WorkerKey.sign`. Raises AgentError ``session-ended`` while the key is shut."""
        if self._key is None:
            raise AgentError("session-ended", _SHUT)
        return self._key.sign(tbs)

    @contextmanager
    def unlocked(self, pin: Callable[[], str], *, last_try: bool) -> Iterator[None]:
        """Open the key with the PIN for one batch; at the end it is shut and the PIN forgotten. Raises TokenError."""
        key = open_worker_key(
            self.token.module,
            TokenSelector(serial=self.token.serial),
            pin,
            certificate_der=self._certificate_der,
            at=datetime.now(UTC),
            allow_final_try=last_try,
        )
        self._key = key
        try:
            yield
        finally:
            self.shut()

    def reopen(self) -> None:
        """After a loss, with the PIN that the token took in this batch. Raises TokenError."""
        if self._key is None:
            raise TokenRemoved("the key is shut")
        self._key.reopen()

    def shut(self) -> None:
        """Log out at the token and forget the PIN. Never raises."""
        key, self._key = self._key, None
        if key is not None:
            key.close()
