"""A key that is used through a worker: as `hsm.keys.TokenKey`, but no driver can hang or crash its user."""

import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self, cast

from hsm.errors import KeyMismatch, PinError, TokenError, TokenRemoved
from hsm.mechanisms import Algorithm
from hsm.pins import PinCallback
from hsm.tokens import TokenInfo, TokenSelector
from hsm.worker.messages import Opened, OpenKey, RestartModule, Sign, Signatures
from hsm.worker.pin import BatchPin
from hsm.worker.process import Limits, TokenWorker

_PORTION: Final = 100  # messages a request


class WorkerKey:
    """One private key on a token, in a worker process of its own. See `open_worker_key`.

    After an error with ``outcome_unknown`` the next use goes down the ladder of `reopen` first. A signature that the
    token gave is not verified here: whoever holds the certificate does that.
    """

    def __init__(self, worker: TokenWorker, request: OpenKey, pin: PinCallback) -> None:
        self._worker = worker
        self._pin = BatchPin(pin)
        self._usable_in: int | None = None  # the life of the worker in which the key is open
        self._closed = False
        self._opening = threading.RLock()
        try:
            self._opened = self._open(request)
        finally:
            self._pin.drop()
        self._again = replace(
            request,
            serial=self._opened.token.serial,
            certificate_der=self._opened.certificate_der,
            fingerprint=None,
            at=None,
            allow_final_try=False,  # that was said for the first opening
        )

    def __repr__(self) -> str:
        return f"WorkerKey(token={self.token.serial!r}, algorithm={self.algorithm!r})"

    @property
    def certificate_der(self) -> bytes:
        """The certificate that the key was opened with, DER."""
        return self._opened.certificate_der

    @property
    def algorithm(self) -> Algorithm:
        return cast(Algorithm, self._opened.algorithm)

    @property
    def mechanism(self) -> str:
        """Name of the PKCS#11 mechanism in use, for logs."""
        return self._opened.mechanism

    @property
    def public_key_der(self) -> bytes:
        """SubjectPublicKeyInfo, DER."""
        return self._opened.public_key_der

    @property
    def key_id(self) -> bytes:
        """CKA_ID, may be empty."""
        return self._opened.key_id

    @property
    def token(self) -> TokenInfo:
        """The token as it was when the key was opened last."""
        return self._opened.token

    @property
    def worker(self) -> TokenWorker:
        """The process, for who wants to look at it or end it."""
        return self._worker

    def sign(self, tbs: bytes) -> bytes:
        """Hash and sign the whole message. ES256: 64 bytes r||s. PS256: as long as the modulus.

        Raises:
            TokenHung: no answer in time, the worker was ended.
            TokenRemoved, TokenFault: outcome unknown. The next use opens the key again.
            PinError: a token that wants its PIN for each signature refused it.
        """
        (signature,) = self.sign_many((tbs,))
        return signature

    def sign_many(self, messages: Sequence[bytes]) -> Generator[bytes, None, None]:
        """The signatures of many messages, in order, as the token makes them. Much quicker than one by one.

        Use it up or close it: until then nobody else can use the key. Raises as `sign`; what came before is good.
        """
        with self._opening:  # threads that share a lost key open it once
            if self._usable_in != self._worker.lives:
                self.reopen()
        for start in range(0, len(messages), _PORTION):
            yield from self._portion(tuple(messages[start : start + _PORTION]))

    def _portion(self, messages: tuple[bytes, ...]) -> Iterator[bytes]:
        made = asked = 0

        def give() -> bytearray:
            """To a token that wants its PIN for each signature. That it asks again says that it took the last one."""
            nonlocal asked
            if asked:
                self._pin.taken()
            asked += 1
            return self._pin.give()

        answers = self._worker.stream(Sign(messages=messages), limit=self._worker.limits.sign, pin=give)
        try:
            for answer in answers:
                assert isinstance(answer, Signatures)  # noqa: S101 - both ends are of one version
                if asked:
                    self._pin.taken()
                made += len(answer.signatures)
                yield from answer.signatures
        except TokenError as error:
            self._usable_in = None
            if isinstance(error, PinError):
                self._pin.forget()
            raise
        finally:
            answers.close()
            self._pin.drop()
        if made != len(messages):
            self._usable_in = None
            raise TokenRemoved("the token stopped in the middle: open the key again")

    @contextmanager
    def batch(self) -> Iterator[Self]:
        """One batch: at its end the PIN is forgotten. The opening of a key belongs to the batch that follows it."""
        try:
            yield self
        finally:
            self._pin.forget()

    def reopen(self) -> None:
        """Find the same token and key again: with a new session, else a restarted module, else a new process.

        The PIN that the token took in this batch is given again; there being none, the person is asked, once.

        Raises:
            PinError: at once, and no rung is tried after it.
            TokenError: the token is not back, or is another one.
        """
        with self._opening:
            try:
                self._opened = self._climb()
            finally:
                self._pin.drop()

    def _climb(self) -> Opened:
        if self._closed:
            raise TokenRemoved("the key was closed")
        self._usable_in = None
        rungs: tuple[Callable[[], None], ...] = (_nothing, self._restart_module, self._worker.kill)
        for rung in rungs:
            try:
                rung()
                opened = self._open(self._again)
                break
            except PinError:
                raise
            except TokenError:
                if rung is rungs[-1] or self._pin.in_doubt:
                    raise
        if opened.public_key_der != self._opened.public_key_der:
            self._usable_in = None
            self._worker.close()
            raise KeyMismatch("the token now holds another key than before")
        return opened

    def _restart_module(self) -> None:
        self._usable_in = None
        self._worker.ask(RestartModule(module=self._again.module), limit=self._worker.limits.open)

    def _open(self, request: OpenKey) -> Opened:
        try:
            opened = self._worker.ask(request, limit=self._worker.limits.open, pin=self._pin.give)
        except PinError:
            self._pin.forget()
            raise
        except TokenError as error:
            if error.pin_taken:
                self._pin.taken()
            raise
        assert isinstance(opened, Opened)  # noqa: S101 - both ends are of one version
        if opened.pin_taken:
            self._pin.taken()
        self._usable_in = self._worker.lives
        return opened

    def close(self) -> None:
        """Log out, end the worker, forget the PIN. Never raises."""
        self._closed = True
        self._usable_in = None
        self._pin.forget()
        self._worker.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _nothing() -> None:
    """The first rung: a new session is enough."""


def open_worker_key(
    module: Path,
    selector: TokenSelector,
    pin: PinCallback,
    *,
    certificate_der: bytes | None = None,
    at: datetime | None = None,
    allow_final_try: bool = False,
    limits: Limits | None = None,
    environment: Mapping[str, str] | None = None,
    worker: TokenWorker | None = None,
) -> WorkerKey:
    """As `hsm.keys.open_key`, in a new worker process.

    Args:
        pin: asked in this process, by the calling thread.
        limits: how long the token may be silent.
        environment: added to that of the worker.
        worker: one that was asked about this token already; it belongs to the key from now on.

    Raises:
        TokenHung, WorkerEnded: the driver hung or crashed.
        TokenError: as `hsm.keys.open_key`.
    """
    worker = worker or TokenWorker(limits=limits, environment=environment)
    request = OpenKey(
        module=str(module.absolute()),
        serial=selector.serial,
        label=selector.label,
        fingerprint=selector.fingerprint,
        certificate_der=certificate_der,
        at=None if at is None else at.isoformat(),
        allow_final_try=allow_final_try,
    )
    try:
        return WorkerKey(worker, request, pin)
    except BaseException:
        worker.close()
        raise
