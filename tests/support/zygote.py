"""Commands of `vaxseal` in processes forked from a warm one: a start takes milliseconds, and any can be killed.

`Zygote` is the caller's side. Run as a program, this module is the warm process: it reads one JSON command a line. A
child may be told to die by SIGKILL at its n-th *step*: a write of the journal (before, in the middle, after), a
signature, a request, a statement or a commit of the service's database.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.support.road import Road


@dataclass
class Child:
    """A process of the zygote's. ``code`` is None while it lives, negative when a signal ended it."""

    zygote: "Zygote"
    pid: int
    out: Path
    err: Path
    code: int | None = None
    trace: "Trace | None" = None

    def poll(self) -> int | None:
        if self.code is None:
            self.code = self.zygote.ask(do="poll", pid=self.pid)["code"]
        return self.code

    def wait(self, seconds: float = 120) -> int:
        deadline = time.monotonic() + seconds
        while self.poll() is None:
            assert time.monotonic() < deadline, self.err.read_text()[-2000:]
            time.sleep(0.005)
        assert self.code is not None
        return self.code

    def kill(self) -> None:
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)
            self.wait()


class Zygote:
    """The warm process, until the block ends."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.zygote"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def ask(self, **command: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(command).encode() + b"\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def start(
        self,
        arguments: tuple[str, ...],
        environment: dict[str, str],
        *,
        typed: str = "",
        die_at: int | None = None,
        inject: str | None = None,
    ) -> Child:
        """Start a command; ``inject``: with this fault of system calls (strace -e inject=...)."""
        self._count += 1
        gate = self._folder / f"{self._count}.gate"
        if inject is not None:
            os.mkfifo(gate)
        out, err = (self._folder / f"{self._count}.{name}" for name in ("out", "err"))
        answer = self.ask(
            do="start",
            arguments=arguments,
            environment=environment,
            typed=typed,
            die_at=die_at,
            out=str(out),
            err=str(err),
            gate=None if inject is None else str(gate),
        )
        child = Child(self, answer["pid"], out, err)
        if inject is not None:
            child.trace = trace(child.pid, inject, self._folder / f"{self._count}.trace")
            gate.write_text("go")
        return child


@dataclass
class Trace:
    """strace at work on one process and its children."""

    process: "subprocess.Popen[bytes]"
    log: Path

    def struck(self) -> int:
        """How often the fault struck, once the process has ended."""
        self.process.wait(30)
        said = self.log.read_text(errors="replace")
        return said.count("(INJECTED)") + said.count("+++ killed by SIGKILL")


def trace(pid: int, inject: str, log: Path) -> Trace:
    """Attach strace to a process with one fault, for example ``fsync:error=EIO:when=3``."""
    calls = inject.partition(":")[0]
    command = ["strace", "-f", "-o", str(log), "-e", f"trace={calls}", "-e", f"inject={inject}", "-p", str(pid)]
    said = log.with_suffix(".said")
    with said.open("wb") as errors:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=errors)
    while "attached" not in said.read_text():
        assert process.poll() is None, said.read_text()
        time.sleep(0.005)
    return Trace(process, log)


@dataclass
class WarmRoad(Road):
    """A road whose commands are children of a zygote."""

    zygote: Zygote = field(kw_only=True)
    served: Child | None = None

    def run(
        self, *arguments: str, token: str | None = None, typed: str = "", expect: int = 0
    ) -> "subprocess.CompletedProcess[str]":
        child = self.zygote.start(arguments, self.environment(token), typed=typed)
        code = child.wait()
        out, err = child.out.read_text(), child.err.read_text()
        assert code == expect, (arguments, code, out[:1000], err[-2000:])
        return subprocess.CompletedProcess(arguments, code, out, err)

    def start(self, *, die_at: int | None = None, inject: str | None = None) -> None:
        """Until it answers, or died."""
        arguments = ("serve", "--port", str(self.port), "--mode", self.mode)
        self.served = self.zygote.start(arguments, self.environment(None), die_at=die_at, inject=inject)
        while self.served.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.01)
        assert die_at or inject, self.served.err.read_text()[-2000:]

    def stop(self) -> None:
        if self.served is not None:
            self.served.kill()
            self.served = None


class _Steps:
    """Counts, and dies."""

    def __init__(self, die_at: int) -> None:
        self._left = die_at

    def step(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, act: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **named: Any) -> Any:
            self.step()
            answer = act(*arguments, **named)
            self.step()
            return answer

        return wrapped


def _arm(die_at: int) -> None:
    from sqlalchemy.engine.default import DefaultDialect

    from hsm.worker.key import WorkerKey
    from signer import private_files
    from signer.client import CentreClient

    steps = _Steps(die_at)
    write = private_files.write_all

    def torn(handle: int, data: bytes) -> None:
        steps.step()
        half = len(data) // 2
        os.write(handle, data[:half])
        steps.step()
        write(handle, data[half:])
        steps.step()

    many = WorkerKey.sign_many

    def one_by_one(key: WorkerKey, messages: Any) -> Any:
        for signature in many(key, messages):
            steps.step()
            yield signature
            steps.step()

    private_files.write_all = torn
    WorkerKey.sign_many = one_by_one  # type: ignore[assignment,method-assign]
    private_files.destroy = steps.around(private_files.destroy)
    for owner, name in (
        (CentreClient, "_send"),
        (WorkerKey, "sign"),
        (DefaultDialect, "do_commit"),
        (DefaultDialect, "do_execute"),
        (DefaultDialect, "do_executemany"),
    ):
        setattr(owner, name, steps.around(getattr(owner, name)))


def _child(command: dict[str, Any]) -> int:
    os.environ.clear()
    os.environ.update(command["environment"])
    reading, writing = os.pipe()
    os.write(writing, command["typed"].encode())
    os.close(writing)
    os.dup2(reading, 0)
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(command[name], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), number)
    sys.argv = ["vaxseal", *command["arguments"]]
    if command["gate"] is not None:
        Path(command["gate"]).read_text()
    if command["die_at"] is not None:
        _arm(command["die_at"])
    from vaxseal.cli import main

    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def _serve() -> None:
    # Everything that the commands load late: it is there when a child begins.
    import uvicorn  # noqa: F401

    import vaxseal.cli
    import vaxseal.desk
    import vaxseal.keeping  # noqa: F401

    for line in sys.stdin.buffer:
        command = json.loads(line)
        if command["do"] == "start":
            pid = os.fork()
            if pid == 0:
                code = 70
                try:
                    code = _child(command)
                finally:
                    sys.stdout.flush()
                    sys.stderr.flush()
                    os._exit(code)
            answer: dict[str, Any] = {"pid": pid}
        else:
            ended, status = os.waitpid(command["pid"], os.WNOHANG)
            answer = {"code": os.waitstatus_to_exitcode(status) if ended else None}
        os.write(1, json.dumps(answer).encode() + b"\n")


if __name__ == "__main__":
    _serve()
