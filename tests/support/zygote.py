"""Commands of `vaxseal` in processes forked from a warm one: a start takes milliseconds, and any can be killed.

`Zygote` is the caller's side. Run as a program, this module is the warm process: it reads one JSON command a line. A
child may be told to die by SIGKILL at its n-th *step*: a write of the journal (before, in the middle, after), a
signature, a request, a statement or a commit of the service's database.
"""

import atexit
import gc
import importlib
import itertools
import json
import os
import pkgutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self


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
        self.end(signal.SIGKILL)

    def end(self, number: int) -> None:
        """Send the signal, and wait for what comes of it."""
        if self.poll() is None:
            os.kill(self.pid, number)
            self.wait()


class Zygote:
    """The warm process, until the block ends. Threads may share it. In ``folder`` stands what the children say."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count(1)
        self._asking = threading.Lock()

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.zygote"],
            env=os.environ | {"COLUMNS": "200"},  # read once, as the commands' modules are loaded
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
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
        with self._asking:
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
        err: Path | None = None,
    ) -> Child:
        """Start a command.

        Args:
            inject: a fault of its system calls (strace -e inject=...).
            err: the file that its standard error is added to.
        """
        number = next(self._numbers)
        gate = self._folder / f"{number}.gate"
        if inject is not None:
            os.mkfifo(gate)
        out, err = self._folder / f"{number}.out", err or self._folder / f"{number}.err"
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
            child.trace = trace(child.pid, inject, self._folder / f"{number}.trace")
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


@cache
def warm() -> Zygote:
    """The warm process of this process of the tests, for all its roads: ended with it."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(Zygote(Path(stack.enter_context(TemporaryDirectory(prefix="vx-said-")))))


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


def _warm_up() -> None:
    """Load whatever the commands load late, so that it is there when a child begins: every module of the house."""
    import uvicorn.loops.auto
    import uvicorn.protocols.http.auto  # noqa: F401

    for house in ("vaxseal", "signer", "api", "hsm", "certificates"):
        package = importlib.import_module(house)
        for found in pkgutil.walk_packages(package.__path__, f"{house}."):
            if found.name.partition(".migrations.")[1] or found.name.endswith("__main__"):
                continue
            importlib.import_module(found.name)
    gc.collect()
    gc.freeze()


def _serve() -> None:
    _warm_up()
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
