"""`vaxseal ministry sign --unattended`: one process for each worker, started, watched and stopped from here.

The PIN is asked for once and reaches a worker through its pipe: it stands in no argument, environment or file. The
first worker proves it before the others get it, and a worker that ends by a wrong PIN ends them all.
"""

import json
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any, Final, NoReturn

from certificates.records.model import instant_to_text
from vaxseal.console import EXIT_USE, EXIT_YES, write
from vaxseal.opening import Place, open_agent
from vaxseal.sentences import sentence_of
from vaxseal.unit_place import UnitPlace

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess


_STEADY: Final = 60.0  # seconds: a worker that lived as long is started again at once
_SLICE: Final = 0.5  # seconds: how long a waiting worker may overlook a signal
_ENOUGH: Final = 2  # exit code of a worker that shall not be started again


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What every worker is told; no secret. ``units``: the ministry's own list, its count of the day beside it;
    ``machines``: how many share the quotas."""

    place: Place
    units: UnitPlace
    limit: int
    machines: int = 1


@dataclass(slots=True)
class _Worker:
    number: int
    process: "BaseProcess"
    pipe: Connection
    begun: float = field(default_factory=time.monotonic)


def run(setup: Setup, workers: int, pin: str) -> NoReturn:
    """Keep the workers at work until SIGTERM or Ctrl-C. Leaves with the exit code."""
    stopping = False

    def stop_all(_number: int, _frame: Any) -> None:
        nonlocal stopping
        stopping = True

    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, stop_all)
    raise SystemExit(_watch(setup, workers, pin, lambda: stopping))


def _watch(setup: Setup, workers: int, pin: str, stopping: Callable[[], bool]) -> int:
    from hsm.process_guard import forbid_dumps
    from signer.unattended import BackOff

    forbid_dumps()
    running = {1: _start(1, setup, pin)}
    proven = False
    back_off: dict[int, BackOff] = {}
    due: dict[int, float] = {}  # when a worker that crashed is started again
    code = EXIT_YES
    ending = False
    while running or (due and not ending):
        if not ending and stopping():
            ending = True
            say({"event": "stopping"})
            for worker in running.values():
                _end(worker)
        for number in [number for number, at in due.items() if at <= time.monotonic() and not ending]:
            del due[number]
            running[number] = _start(number, setup, pin)
        wait([worker.process.sentinel for worker in running.values()], timeout=0.2)
        if not proven and not ending and running and running[1].pipe.poll():
            with suppress(EOFError):
                proven = running[1].pipe.recv() == "ready"
            for number in range(2, workers + 1) if proven else ():
                running[number] = _start(number, setup, pin)
        for number, worker in list(running.items()):
            if worker.process.is_alive():
                continue
            worker.process.join()
            del running[number]
            ended = worker.process.exitcode
            if ended == _ENOUGH or (not proven and ended != 0):
                code = EXIT_USE
                ending = True
                for other in running.values():
                    _end(other)
            elif ended != 0 and not ending:
                lived = time.monotonic() - worker.begun
                pauses = back_off.setdefault(number, BackOff())
                if lived > _STEADY:
                    pauses.reset()
                due[number] = time.monotonic() + pauses.pause()
                say({"event": "worker-ended", "worker": number, "exit_code": ended})
    say({"event": "stopped"})
    return code


def _start(number: int, setup: Setup, pin: str) -> _Worker:
    context = multiprocessing.get_context("spawn")  # a PKCS#11 module does not bear a fork
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(number, setup, theirs), name=f"worker-{number}")
    process.start()
    theirs.close()
    ours.send(pin)
    return _Worker(number, process, ours)


def _end(worker: _Worker) -> None:
    with suppress(OSError):
        worker.pipe.send("stop")


def _work(number: int, setup: Setup, pipe: Connection) -> None:
    """A worker's process, from its start to its end."""
    told = False

    def tell(_number: int, _frame: Any) -> None:
        nonlocal told
        told = True

    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, tell)

    def stopped(seconds: float) -> bool:
        """A word from the pipe, its end (the one who started us is gone) or a signal: stop."""
        until = time.monotonic() + seconds
        while not told:
            left = until - time.monotonic()
            if pipe.poll(max(0.0, min(left, _SLICE))):
                return True
            if left <= _SLICE:
                return told
        return True

    def log(event: Mapping[str, Any]) -> None:
        say({"worker": number, **event})

    os._exit(_sign(setup, pipe, stopped, log))  # drivers have been seen to hang when a process ends in good order


def _sign(
    setup: Setup, pipe: Connection, stopped: Callable[[float], bool], log: Callable[[Mapping[str, Any]], None]
) -> int:
    from certificates.errors import CertificateError
    from hsm.errors import TokenError
    from hsm.process_guard import forbid_dumps
    from signer.errors import AgentError
    from signer.unattended import BackOff, Unattended, passes_at_start, wait_out
    from signer.units import DailyCount, EnrolledUnits

    forbid_dumps()  # the PIN lives in this process as long as it does
    pin = pipe.recv()
    pauses = BackOff()
    while True:
        try:
            count = DailyCount(setup.units.count_file, machines=setup.machines)
            with open_agent(setup.place, lambda: pin, units=EnrolledUnits(), count=count) as opened:
                pipe.send("ready")
                log({"event": "ready", "token": opened.key.token.serial})
                Unattended(
                    agent=opened.agent,
                    units=lambda: setup.units.current(
                        opened.agent.client, lambda code: log({"event": "units", "reason": code})
                    ),
                    limit=setup.limit,
                    stopped=stopped,
                    log=log,
                ).run()
        except (TokenError, AgentError, CertificateError) as error:
            if not passes_at_start(error):
                log({"event": "gave-up", "reason": error.code, "detail": sentence_of(error)})
                return _ENOUGH
            if stopped(wait_out(error, pauses, log)):
                return EXIT_YES
        else:
            return EXIT_YES


def say(event: Mapping[str, Any]) -> None:
    """One line of JSON, written at once: several processes share the output."""
    at = instant_to_text(datetime.now(UTC))
    write(json.dumps({"at": at, **event}, ensure_ascii=False) + "\n")
    sys.stdout.flush()
