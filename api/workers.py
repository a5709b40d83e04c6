"""Processes for work that keeps a core busy: a page is laid out, read back and checked in tens of milliseconds."""

import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from typing import Final, TypeVar

Answer = TypeVar("Answer")
_SELDOM: Final = (50_000, 20, 20)


def look_seldom_for_garbage() -> None:
    """For a process that works until it ends. What was loaded stays, and work makes many small values in few cycles: to
    look through all of them each time some hundred were made takes a twentieth of a lease, and half of an import."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_SELDOM)


@contextmanager
def garbage_seldom() -> Iterator[None]:
    """The same for a while."""
    before = gc.get_threshold()
    gc.set_threshold(*_SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def run_calls(
    workers: "Workers | None", function: Callable[..., Answer], calls: Sequence[tuple[object, ...]]
) -> Iterator[Answer | Exception]:
    """Answers in the order of ``calls``; what a call raised stands in its place. Without workers: in this process."""
    if workers is not None:
        yield from workers.run(function, calls)
        return
    for call in calls:
        try:
            yield function(*call)
        except Exception as error:  # the caller judges it
            yield error


class Workers:
    """A pool that comes back after one of its processes was killed. Spawned: a fork would copy the threads' locks."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None

    def run(self, function: Callable[..., Answer], calls: Sequence[tuple[object, ...]]) -> Iterator[Answer | Exception]:
        """Answers in the order of ``calls``; what a call raised stands in its place."""
        futures = self._submit(function, calls)
        for future in futures:
            try:
                yield future.result()
            except BrokenProcessPool as error:
                self._drop()
                yield error
            except Exception as error:
                yield error

    def close(self) -> None:
        """End the processes when they have finished what they have."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown()

    def _submit(self, function: Callable[..., Answer], calls: Sequence[tuple[object, ...]]) -> list[Future[Answer]]:
        with self._lock:
            if self._pool is None:
                self._pool = self._start()
            try:
                return [self._pool.submit(function, *call) for call in calls]
            except BrokenProcessPool:
                self._pool = self._start()
                return [self._pool.submit(function, *call) for call in calls]

    def _start(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            self._count, mp_context=multiprocessing.get_context("spawn"), initializer=follow_parent
        )

    def _drop(self) -> None:
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=False)


def follow_parent() -> None:
    """In a worker: Ctrl-C is for the parent; and when the parent was killed, end (the queue would wait for ever)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)
