"""The parent's side: start a worker, ask it, and end it when it does not answer in time."""

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hsm.errors import (
    CertificateAmbiguous,
    TokenAmbiguous,
    TokenError,
    TokenHung,
    WorkerEnded,
    error_named,
)
from hsm.process_guard import WITHOUT_WINDOW
from hsm.tokens import TokenInfo, TokenSelector
from hsm.worker.messages import (
    Answer,
    Cancel,
    Certificates,
    CloseKey,
    Failed,
    Frames,
    ListCertificates,
    ListTokens,
    NeedPin,
    NoPin,
    Pin,
    ProtocolError,
    Ready,
    Request,
    Signatures,
    Tokens,
    decode,
    encode,
    wipe,
)

GivePin = Callable[[], bytearray]  # overwritten once it was sent

_COMMAND: Final = ("-P", "-m", "hsm.worker")  # -P: no module of the folder that the person happens to stand in
_READ: Final = 65_536
_LEAKS: Final = ("OPENSC_DEBUG", "OPENSC_DEBUG_FILE")  # a driver's own log, with PINs in it


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds without an answer after which a worker is ended. While a person types the PIN no time runs.

    Attributes:
        sign: for one signature. Slow tokens need more.
        open: for opening and log-in, also at a PIN pad, and for starting the module anew.
        start: until a new worker says its first word.
        look: for looking which tokens are present.
        close: for closing and logging out.
    """

    sign: float = 5.0
    open: float = 30.0
    start: float = 30.0
    look: float = 10.0
    close: float = 3.0


class _Process:
    """A running worker. Two threads move the bytes: no read or write can be given up on every platform, but a wait for
    a queue can."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Raises WorkerEnded when no process can be started."""
        try:
            self.popen = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, *_COMMAND],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={name: value for name, value in os.environ.items() if name not in _LEAKS} | dict(environment),
                bufsize=0,
                creationflags=WITHOUT_WINDOW,
            )
        except OSError as error:
            raise WorkerEnded(f"the worker process cannot be started ({error.strerror})") from error
        self.said: queue.SimpleQueue[bytearray | None] = queue.SimpleQueue()
        self._asked: queue.SimpleQueue[bytearray | None] = queue.SimpleQueue()
        for mover in (self._listen, self._write):
            threading.Thread(target=mover, name=f"token-worker{mover.__name__}", daemon=True).start()

    def ask(self, frame: bytearray) -> None:
        """Send it and overwrite it. A worker that is gone is met when its answer is waited for."""
        self._asked.put(frame)

    def end_requests(self) -> None:
        """Close the pipe behind what was asked: the worker ends."""
        self._asked.put(None)

    def _listen(self) -> None:
        frames, pipe = Frames(), self.popen.stdout
        assert pipe is not None  # noqa: S101 - it was asked for
        with suppress(OSError, ProtocolError), pipe:
            while data := os.read(pipe.fileno(), _READ):
                for frame in frames.feed(data):
                    self.said.put(frame)
        self.said.put(None)

    def _write(self) -> None:
        pipe = self.popen.stdin
        assert pipe is not None  # noqa: S101 - it was asked for
        with suppress(OSError), pipe:
            while (frame := self._asked.get()) is not None:
                rest = memoryview(frame)
                while rest:
                    rest = rest[os.write(pipe.fileno(), rest) :]
                rest.release()
                wipe(frame)


def _no_pin() -> bytearray:
    raise WorkerEnded("the worker asked for a PIN where none is needed")


class TokenWorker:
    """One worker process: started at the first request, and anew at the first one after it was ended.

    Any thread may ask; one at a time is answered.

    Args:
        environment: added to this process's environment.

    Attributes:
        lives: how many processes have ended.
    """

    def __init__(self, *, limits: Limits | None = None, environment: Mapping[str, str] | None = None) -> None:
        self.limits = limits or Limits()
        self.lives = 0
        self._environment = dict(environment or {})
        self._process: _Process | None = None
        self._lock = threading.Lock()
        self._owner: int | None = None

    @property
    def process_id(self) -> int | None:
        """Of the running worker."""
        return None if self._process is None else self._process.popen.pid

    def ask(self, request: Request, *, limit: float, pin: GivePin = _no_pin) -> Answer:
        """One request, its one answer.

        Raises:
            TokenHung: no answer within ``limit`` seconds; the worker was ended.
            WorkerEnded: it died, or answered what is no answer.
            TokenError: what the worker met.
        """
        with suppress(StopIteration):
            answers = self.stream(request, limit=limit, pin=pin)
            answer = next(answers)
            answers.close()
            return answer
        raise WorkerEnded("the worker gave no answer")

    def stream(self, request: Request, *, limit: float, pin: GivePin = _no_pin) -> Generator[Answer, None, None]:
        """One request, its answers up to the last. Closed early, the worker stops behind the signature being made.

        ``limit`` holds for each answer. Raises as `ask`.
        """
        if self._owner == threading.get_ident():
            raise RuntimeError("this thread has not used up the answers of its last request")
        with self._lock:
            self._owner = threading.get_ident()
            try:
                yield from self._answers(request, limit, pin)
            finally:
                self._owner = None

    def _answers(self, request: Request, limit: float, pin: GivePin) -> Generator[Answer, None, None]:
        process = self._process or self._start()
        waiting = True
        try:
            process.ask(encode(request))
            while waiting:
                answer = self._next(process, limit)
                if isinstance(answer, NeedPin):
                    waiting = False  # where nobody gives a PIN, nothing more is to come
                    self._give(process, pin)
                    waiting = True
                    continue
                waiting = isinstance(answer, Signatures) and not answer.last
                yield answer
        except TokenError:
            raise
        except BaseException:  # closed early, or Ctrl-C
            if waiting and self._process is process:
                process.ask(encode(Cancel()))
                self._drain(process, min(limit, self.limits.sign))
            raise

    def _drain(self, process: _Process, limit: float) -> None:
        """What was on its way when nobody wanted more. A worker with more to say than that is ended."""
        answer: Answer | None = None
        try:
            with suppress(TokenError):
                while isinstance(answer := self._next(process, limit), Signatures) and not answer.last:
                    answer = None
        finally:
            if answer is None or isinstance(answer, NeedPin):  # Ctrl-C again; a key that wants its PIN each time
                self.kill()

    def _give(self, process: _Process, pin: GivePin) -> None:
        try:
            secret = pin()
        except BaseException:
            process.ask(encode(NoPin()))
            with suppress(TokenError):
                self._next(process, self.limits.open)  # its answer to that
            raise
        process.ask(encode(Pin(pin=bytes(secret))))
        wipe(secret)

    def _next(self, process: _Process, limit: float) -> Answer:
        try:
            frame = process.said.get(timeout=limit)
        except queue.Empty:
            self.kill()
            raise TokenHung(f"the token or its driver gave no answer within {limit:g} seconds") from None
        if frame is None:
            code = self._end(process)
            raise WorkerEnded(f"the worker process ended (exit status {code})")
        try:
            answer = decode(frame)
        except ProtocolError as error:
            self.kill()
            raise WorkerEnded(f"the worker did not keep to the protocol: {error}") from error
        if isinstance(answer, Failed):
            raise _error_of(answer)
        return answer  # type: ignore[return-value]  # what is no answer meets no case of its reader

    def _start(self) -> _Process:
        self._process = process = _Process(self._environment)
        if not isinstance(self._next(process, self.limits.start), Ready):
            self.kill()
            raise WorkerEnded("the worker did not keep to the protocol")
        return process

    def tokens(self, module: Path, *, refresh: bool = False) -> tuple[TokenInfo, ...]:
        """The tokens that are present. No log-in."""
        return self.look(module, refresh=refresh).tokens

    def look(self, module: Path, *, refresh: bool) -> Tokens:
        """As `tokens`, with the time that the refreshing took."""
        answer = self.ask(ListTokens(module=str(module.resolve()), refresh=refresh), limit=self.limits.look)
        assert isinstance(answer, Tokens)  # noqa: S101 - both ends are of one version
        return answer

    def certificates(self, module: Path, selector: TokenSelector) -> tuple[bytes, ...]:
        """The certificates on one token, DER. No log-in. Raises as `ask`."""
        request = ListCertificates(module=str(module.resolve()), serial=selector.serial, label=selector.label)
        answer = self.ask(request, limit=self.limits.look)
        assert isinstance(answer, Certificates)  # noqa: S101 - both ends are of one version
        return answer.certificates

    def kill(self) -> None:
        """End the worker at once, whatever it does."""
        process = self._process
        if process is not None:
            process.popen.kill()
            self._end(process)

    def close(self) -> None:
        """Log out and end the worker; one that is at work is ended at once. Never raises."""
        if self._process is not None and self._owner is None:
            with suppress(TokenError):
                self.ask(CloseKey(), limit=self.limits.close)
        process = self._process
        if process is not None:
            process.end_requests()
            if self._owner is None:
                with suppress(subprocess.TimeoutExpired):
                    process.popen.wait(self.limits.close)
            self.kill()

    def _end(self, process: _Process) -> int | None:
        """Reap it. A process that hangs in the kernel cannot be: it is left behind."""
        self._process = None
        self.lives += 1
        process.end_requests()
        for _ in range(2):
            with suppress(subprocess.TimeoutExpired):
                return process.popen.wait(1.0)
            process.popen.kill()
        return None


def _error_of(failed: Failed) -> TokenError:
    error = error_named(failed.code, failed.detail)
    error.pin_taken = failed.pin_taken
    if isinstance(error, TokenAmbiguous):
        error.serials = failed.serials
    elif isinstance(error, CertificateAmbiguous):
        error.fingerprints = failed.fingerprints
    return error
