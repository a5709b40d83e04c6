"""Who does the steps of an import: this process, or several that each have the database open."""

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Any, Final, Self

from sqlalchemy import Engine

from api.intake.units import UnitBook
from api.workers import follow_parent, look_seldom_for_garbage

_AHEAD: Final = 2  # steps that wait for each process: enough to keep it busy, and memory flat

Step = Callable[..., str]


class Crew:
    """Runs steps; each gets engine and units first. Used as a context; at its end the processes are gone."""

    def __init__(self, engine: Engine, units: UnitBook, processes: int) -> None:
        self._engine, self._units, self._count = engine, units, processes
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        if self._count > 1:
            address = self._engine.url.render_as_string(hide_password=False)
            self._pool = ProcessPoolExecutor(
                self._count,
                mp_context=multiprocessing.get_context("spawn"),  # a fork would copy connections and locks
                initializer=_open,
                initargs=(address,),
            )
        return self

    def __exit__(self, *_exception: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def run(self, step: Step, calls: Iterable[tuple[Any, ...]]) -> Iterator[str]:
        """The results in the order of the calls. What a step raises is raised here."""
        if self._pool is None:
            for call in calls:
                yield step(self._engine, self._units, *call)
            return
        waiting: deque[Future[str]] = deque()
        for call in calls:
            waiting.append(self._pool.submit(_run, step, call))
            if len(waiting) > _AHEAD * self._count:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


_opened: list[tuple[Engine, UnitBook]] = []


def _open(address: str) -> None:
    from api.store.database import connect

    follow_parent()
    look_seldom_for_garbage()
    engine = connect(address)
    _opened.append((engine, UnitBook.load(engine)))


def _run(step: Step, call: tuple[Any, ...]) -> str:
    return step(*_opened[0], *call)
