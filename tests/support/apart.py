"""Run functions in a process of their own: a PKCS#11 module reads its environment once a process, and may crash it."""

import os
from collections.abc import Callable, Mapping
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")


class Apart:
    """A spawned process with ``environment`` added to ours. A context manager; at its end the process is killed."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        spawning = get_context("spawn")
        self._line, far = spawning.Pipe()
        self.process = spawning.Process(target=_serve, args=(far, dict(environment)), daemon=True)
        self.process.start()
        far.close()

    def __enter__(self) -> "Apart":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.join()
        self._line.close()

    def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The function's answer or its exception; all of it must be picklable.

        Raises TimeoutError after a minute, EOFError when the process died.
        """
        self._line.send((function, args, kwargs))
        if not self._line.poll(60):
            raise TimeoutError
        answer, error = self._line.recv()
        if error is not None:
            raise error
        return cast(T, answer)


def _serve(line: Connection, environment: dict[str, str]) -> None:
    os.environ.update(environment)
    while True:
        function, args, kwargs = line.recv()
        try:
            line.send((function(*args, **kwargs), None))
        except Exception as error:
            line.send((None, error))
