"""The worker's side: one thread that touches PKCS#11, and one that listens."""

import os
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Final

from hsm.errors import CertificateAmbiguous, PinForm, TokenAmbiguous, TokenError, TokenFault, TokenRemoved
from hsm.keys import TokenKey, open_key
from hsm.sessions import load
from hsm.tokens import TokenSelector, list_certificates, list_tokens
from hsm.worker.messages import (
    Answer,
    Cancel,
    Certificates,
    CloseKey,
    Done,
    Failed,
    Frames,
    ListCertificates,
    ListTokens,
    NeedPin,
    Opened,
    OpenKey,
    Pin,
    ProtocolError,
    Ready,
    Request,
    RestartModule,
    Sign,
    Signatures,
    Tokens,
    decode,
    encode,
    wipe,
)

_READ: Final = 65_536  # bytes at once
_GATHER: Final = 0.005  # seconds: quick signatures travel together, slow ones each as it is made
_GRACE: Final = 2.0  # seconds for the call that runs when the parent is gone


class Inbox:
    """Requests as a second thread reads them, so that the parent's end is seen while a driver hangs."""

    def __init__(self, source: int) -> None:
        self.cancelled = threading.Event()
        self.finished = threading.Event()
        self._source = source
        self._requests: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        threading.Thread(target=self._listen, name="inbox", daemon=True).start()

    def take(self) -> Request | None:
        """The next request; None when the parent is gone."""
        return self._requests.get()

    def _listen(self) -> None:
        frames = Frames()
        try:
            while data := os.read(self._source, _READ):
                for frame in frames.feed(data):
                    message = decode(frame)
                    wipe(frame)
                    if isinstance(message, Cancel):
                        self.cancelled.set()
                    else:
                        self._requests.put(message)  # type: ignore[arg-type]  # an answer ends the worker in `_do`
        except (OSError, ProtocolError):
            pass
        self.cancelled.set()
        self._requests.put(None)
        self.finished.wait(_GRACE)
        os._exit(0)  # a driver may hang in its call, and others hang when they are unloaded


class Worker:
    """Answers requests until the parent is gone."""

    def __init__(self, inbox: Inbox, answers: int) -> None:
        self._inbox = inbox
        self._answers = answers
        self._key: TokenKey | None = None
        self._do_kinds: dict[type[Request], Callable[..., Answer]] = {
            OpenKey: self._open,
            Sign: self._sign,
            ListTokens: self._list,
            ListCertificates: self._list_certificates,
            RestartModule: self._restart,
            CloseKey: self._close,
        }

    def run(self) -> None:
        """Returns when the parent is gone."""
        try:
            self._send(Ready())
            while (request := self._inbox.take()) is not None:
                self._send(self._do(request))
            self._close()
        except BrokenPipeError:
            pass
        finally:
            self._inbox.finished.set()

    def _send(self, answer: Answer) -> None:
        rest = memoryview(encode(answer))
        while rest:
            rest = rest[os.write(self._answers, rest) :]

    def _do(self, request: Request) -> Answer:
        before = _log_ins(request)
        try:
            return self._do_kinds[type(request)](request)
        except TokenError as error:
            return Failed(
                code=error.code,
                detail=error.detail,
                serials=error.serials if isinstance(error, TokenAmbiguous) else (),
                fingerprints=error.fingerprints if isinstance(error, CertificateAmbiguous) else (),
                pin_taken=_log_ins(request) > before,
            )
        except BrokenPipeError:
            raise
        except Exception as error:
            return Failed(code=TokenFault.code, detail=f"the driver's answer made no sense ({type(error).__name__})")

    def _ask_pin(self) -> str:
        self._send(NeedPin())
        answer = self._inbox.take()
        if not isinstance(answer, Pin):
            raise PinForm("no PIN was given")
        return answer.pin.decode()

    def _open(self, request: OpenKey) -> Opened:
        self._close()
        before = _log_ins(request)
        self._key = key = open_key(
            Path(request.module),
            TokenSelector(serial=request.serial, label=request.label, fingerprint=request.fingerprint),
            self._ask_pin,
            certificate_der=request.certificate_der,
            at=None if request.at is None else datetime.fromisoformat(request.at),
            allow_final_try=request.allow_final_try,
        )
        return Opened(
            certificate_der=key.certificate_der,
            algorithm=key.algorithm,
            mechanism=key.mechanism,
            public_key_der=key.public_key_der,
            key_id=key.key_id,
            token=key.token,
            pin_taken=_log_ins(request) > before,
        )

    def _sign(self, request: Sign) -> Signatures:
        if self._key is None:
            raise TokenRemoved("no key is open: open it again")
        self._inbox.cancelled.clear()
        made: list[bytes] = []
        sent = perf_counter()
        try:
            for message in request.messages:
                if self._inbox.cancelled.is_set():
                    break
                made.append(self._key.sign(message))
                if (now := perf_counter()) - sent > _GATHER:
                    self._send(Signatures(signatures=tuple(made), last=False))
                    made.clear()
                    sent = now
        except BaseException:
            if made:  # what was made before the fault is good
                self._send(Signatures(signatures=tuple(made), last=False))
            raise
        return Signatures(signatures=tuple(made), last=True)

    def _list(self, request: ListTokens) -> Tokens:
        module, began = Path(request.module), perf_counter()
        refresh = request.refresh and self._key is None
        if refresh:
            load(module).restart()
        seconds = perf_counter() - began if refresh else 0.0
        return Tokens(tokens=list_tokens(module), refresh_seconds=seconds)

    def _list_certificates(self, request: ListCertificates) -> Certificates:
        stored = list_certificates(Path(request.module), TokenSelector(serial=request.serial, label=request.label))
        return Certificates(certificates=tuple(one.der for one in stored))

    def _restart(self, request: RestartModule) -> Done:
        self._close()
        load(Path(request.module)).restart()
        return Done()

    def _close(self, _request: CloseKey | None = None) -> Done:
        key, self._key = self._key, None
        if key is not None:
            key.close()
        return Done()


def _log_ins(request: Request) -> int:
    """How often a token took a PIN from the module that is to be opened; 0 where it cannot be loaded."""
    if isinstance(request, OpenKey):
        with suppress(TokenError):
            return load(Path(request.module)).log_ins
    return 0
