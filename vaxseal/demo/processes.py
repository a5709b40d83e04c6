"""The real programs as processes of their own: `vaxseal` commands, and the service. POSIX only."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final

import httpx2

from vaxseal.demo.errors import DemoError

_POLL: Final = 0.05  # seconds
_START: Final = 30.0  # seconds until the service must answer
_STOP: Final = 20.0  # seconds until it must have ended
_COMMAND: Final = (sys.executable, "-m", "vaxseal")


class Commands:
    """Runs `vaxseal` commands, each with its environment, and remembers the largest memory of each kind of process."""

    def __init__(self, work: Path, settings: Mapping[str, str]) -> None:
        """``work``: for standard output and error of the running command. ``settings``: VAXSEAL_* for all of them."""
        self._work = work
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("VAXSEAL_")}
        self._environment = {**inherited, **settings}
        self.peak_memory: dict[str, int] = {}

    def run(
        self,
        *arguments: str | Path,
        token: Path | None = None,
        answer: str = "",
        exit_codes: Sequence[int] = (0,),
        tick: Callable[[], None] = lambda: None,
    ) -> Any:
        """Run ``vaxseal ARGUMENTS --json`` and give its answer.

        Args:
            token: the SoftHSM configuration of the token that the command shall see.
            answer: what it reads from standard input: a PIN.
            exit_codes: those that are no failure here.
            tick: called twenty times a second while it runs.

        Raises DemoError ``command-failed``.
        """
        words = [str(argument) for argument in arguments]
        # Files, not pipes: nobody reads while it runs, and a full pipe would stop it.
        with tempfile.TemporaryFile(dir=self._work) as out, tempfile.TemporaryFile(dir=self._work) as err:
            process = subprocess.Popen(  # noqa: S603 - our own program
                [*_COMMAND, *words, "--json"],
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=err,
                env=self._environment | ({"SOFTHSM2_CONF": str(token)} if token else {}),
            )
            with contextlib.suppress(BrokenPipeError), process.stdin or contextlib.nullcontext() as stdin:
                if stdin is not None:
                    stdin.write(answer.encode())
            name = words[0] if words[0] == "check" else " ".join(words[:2])
            try:
                while process.poll() is None:
                    self._note_memory(name, process.pid)
                    tick()
                    time.sleep(_POLL)
            finally:
                process.kill()  # of no effect on one that ended
                process.wait()
            text, complaint = (_content(file) for file in (out, err))
        if process.returncode not in exit_codes:
            said = f"{text}{complaint}".strip()[-800:]
            raise DemoError("command-failed", f"vaxseal {' '.join(words)} ended with {process.returncode}: {said}")
        try:
            return json.loads(text) if text.strip() else None
        except ValueError as error:
            raise DemoError("command-answer", f"vaxseal {' '.join(words)} did not answer in JSON") from error

    @contextlib.contextmanager
    def service(self, *, url: str, port: int, log: Path) -> Iterator[None]:
        """The service, until the block ends. Raises DemoError ``service-start``."""
        with log.open("ab") as out:
            process = subprocess.Popen(  # noqa: S603 - our own program
                [*_COMMAND, "serve", "--port", str(port)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=self._environment,
            )
            try:
                _await_answer(process, url, log)
                yield
                self._note_memory("serve", process.pid)
            finally:
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(_STOP)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    def _note_memory(self, name: str, pid: int) -> None:
        self.peak_memory[name] = max(_memory(pid), self.peak_memory.get(name, 0))


def _memory(pid: int) -> int:
    """Bytes: the high-water mark of a process and its children, one by one (Linux; elsewhere 0)."""
    total = 0
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                total += int(line.split()[1]) * 1024
        for children in Path(f"/proc/{pid}/task").glob("*/children"):  # each thread has its own
            total += sum(_memory(int(child)) for child in children.read_text().split())
    return total


def _content(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace")


def free_port() -> int:
    """A port of the loopback interface that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def _await_answer(process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    deadline = time.monotonic() + _START
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with contextlib.suppress(httpx2.HTTPError):
            if httpx2.get(f"{url}/healthz", timeout=2).status_code == 200:
                return
        time.sleep(_POLL)
    said = log.read_text(encoding="utf-8", errors="replace")[-800:]
    raise DemoError("service-start", f"the service did not answer at {url}: {said}")
