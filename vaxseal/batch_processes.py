"""A batch shared out among processes: byte for byte the answers of one, in the same order, in flat memory."""

import multiprocessing
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from datetime import datetime
from typing import IO, Final

from api.workers import follow_parent
from certificates.errors import CheckError
from certificates.grounds import Grounds
from vaxseal.batch import Line, check_line, check_lines, read_lines, to_json

MOST: Final = 61  # what Windows can wait for
_CHUNK_LINES: Final = 500  # some 50 ms of work
_CHUNK_BYTES: Final = 512 * 1024
_AHEAD: Final = 3  # chunks a process that are read before the first is answered
_WORTHWHILE: Final = 4 * 1024 * 1024  # bytes: below, starting processes takes longer than they save

_grounds: Grounds  # in a worker: sent once, not with every chunk
_at: datetime


def answer_lines(lines: IO[bytes], grounds: Grounds, at: datetime, *, jobs: int | None, size: int) -> Iterator[str]:
    """The answers of `vaxseal.batch.check_lines` as JSON Lines; with one process each line leaves at once.

    Args:
        lines, grounds, at: as there.
        jobs: how many processes, 1 to `MOST`; None for what ``size``, the bytes of a file, is worth.
    """
    jobs = jobs or _sensible_jobs(size)
    if jobs == 1 or isinstance(grounds.trust, CheckError):  # nearly every answer is that error: no work to share
        return map(to_json, check_lines(lines, grounds, at))
    return _answer_in_processes(lines, grounds, at, jobs)


def _sensible_jobs(size: int) -> int:
    """One, or all the processors that this program may use."""
    if size < _WORTHWHILE:
        return 1
    given = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(given, MOST)


def _answer_in_processes(lines: IO[bytes], grounds: Grounds, at: datetime, jobs: int) -> Iterator[str]:
    """Many answers at a time. A worker that cannot start, or dies, costs time only: this process answers then."""
    pool = ProcessPoolExecutor(
        jobs, mp_context=multiprocessing.get_context("spawn"), initializer=_begin, initargs=(grounds, at)
    )
    waiting: deque[tuple[Sequence[Line], Future[str] | None]] = deque()
    try:
        for chunk in _chunks(lines):
            waiting.append((chunk, _submit(pool, chunk)))
            if len(waiting) > _AHEAD * jobs:
                yield _result(*waiting.popleft(), grounds, at)
        while waiting:
            yield _result(*waiting.popleft(), grounds, at)
    finally:
        pool.shutdown(cancel_futures=True)


def _chunks(lines: IO[bytes]) -> Iterator[list[Line]]:
    chunk: list[Line] = []
    size = 0
    for line in read_lines(lines):
        chunk.append(line)
        size += len(line or b"")
        if len(chunk) == _CHUNK_LINES or size >= _CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _submit(pool: ProcessPoolExecutor, chunk: Sequence[Line]) -> Future[str] | None:
    try:
        return pool.submit(_answer_in_worker, chunk)
    except (BrokenProcessPool, OSError):
        return None


def _result(chunk: Sequence[Line], future: Future[str] | None, grounds: Grounds, at: datetime) -> str:
    if future is not None:
        try:
            return future.result()
        except BrokenProcessPool:
            pass
    return _answer(chunk, grounds, at)


def _begin(grounds: Grounds, at: datetime) -> None:
    global _grounds, _at
    _grounds, _at = grounds, at
    follow_parent()


def _answer_in_worker(chunk: Sequence[Line]) -> str:
    return _answer(chunk, _grounds, _at)


def _answer(chunk: Sequence[Line], grounds: Grounds, at: datetime) -> str:
    return "".join([to_json(check_line(line, grounds, at)) for line in chunk])
