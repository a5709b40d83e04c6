"""Programs in other languages or environments that show a limit or a peer. Each runs beside us and answers in
nanoseconds. Those in C are built when a compiler is there."""

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

_HERE = Path(__file__).parent


class NotHereError(Exception):
    """No compiler, or a library or a peer is missing: the row says so and is left out."""


def build(name: str, *libraries: str) -> Path:
    """Compile ``name``.c with -O2 into a temporary folder."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise NotHereError("no C compiler")
    target = Path(tempfile.mkdtemp(prefix="vaxseal-bench-")) / name
    command = [compiler, "-O2", "-o", str(target), str(_HERE / f"{name}.c"), "-ldl", *(f"-l{lib}" for lib in libraries)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotHereError(f"{name}.c does not build here: {done.stderr.splitlines()[0]}")
    return target


class Loop:
    """A running program: `run` asks for n rounds and returns seconds."""

    def __init__(
        self,
        command: Sequence[str],
        preamble: str,
        environment: dict[str, str] | None = None,
        folder: Path | None = None,
    ) -> None:
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=folder
        )
        assert self._process.stdin is not None
        self._process.stdin.write(preamble)

    def run(self, rounds: int) -> float:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{rounds}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise NotHereError("the loop ended early")
        return int(answer) / 1e9

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
