"""The token's key as the desk uses it: open for one log-in or one batch, and shut in between, so that each wants the
PIN."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

from certificates.signing import Algorithm
from hsm.errors import TokenRemoved
from hsm.tokens import TokenSelector
from hsm.worker.key import WorkerKey, open_worker_key
from hsm.worker.process import TokenWorker
from signer.desk.presence import PluggedIn
from signer.errors import AgentError

# From a way to ask the token for its certificates (DER) to those to try, the likely one first; none: no choice.
Choose = Callable[[Callable[[], Sequence[bytes]]], tuple[bytes, ...]]
_SHUT: Final = "The session ended: log in again."


class DeskKey:
    """One key of one token. `unlocked` opens it with a PIN; outside of that it signs nothing.

    The first opening chooses the certificate; every further one wants the same key and certificate again.

    Attributes:
        others: further certificates of the token that the centre may know instead, DER.
    """

    def __init__(self, token: PluggedIn, pin: Callable[[], str], *, last_try: bool, choose: Choose) -> None:
        """Raises TokenError, CertificateError."""
        self.token = token
        self._selector = TokenSelector(serial=token.serial)
        worker = TokenWorker()
        try:
            choice = choose(lambda: worker.certificates(token.module, self._selector))
        except BaseException:
            worker.close()
            raise
        self.others = choice[1:]
        self._key: WorkerKey | None = self._open(pin, choice[0] if choice else None, worker, last_try=last_try)
        self._certificate_der, self._algorithm = self._key.certificate_der, self._key.algorithm

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
        return self._opened().sign(tbs)

    def sign_many(self, messages: Sequence[bytes]) -> Iterable[bytes]:
        """As `hsm.worker.key.WorkerKey.sign_many`. Raises as `sign`."""
        return self._opened().sign_many(messages)

    @contextmanager
    def unlocked(self, pin: Callable[[], str], *, last_try: bool) -> Iterator[None]:
        """Open the key with the PIN for one batch; at the end it is shut and the PIN forgotten. Raises TokenError."""
        self._key = self._open(pin, self._certificate_der, None, last_try=last_try)
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

    def _opened(self) -> WorkerKey:
        if self._key is None:
            raise AgentError("session-ended", _SHUT)
        return self._key

    def _open(
        self, pin: Callable[[], str], certificate: bytes | None, worker: TokenWorker | None, *, last_try: bool
    ) -> WorkerKey:
        return open_worker_key(
            self.token.module,
            self._selector,
            pin,
            certificate_der=certificate,
            at=datetime.now(UTC),
            allow_final_try=last_try,
            worker=worker,
        )
