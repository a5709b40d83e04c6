"""Tokens through their worker processes: speed, two beside each other, memory, and how soon a token is seen."""

import os
import random
import shutil
import statistics
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter, sleep
from typing import TYPE_CHECKING, Final

import pytest

from bench import material
from bench.harness import Result, Run, each, race, sizes
from bench.native import NotHereError
from hsm.tokens import TokenSelector
from hsm.worker.key import WorkerKey, open_worker_key
from hsm.worker.presence import Inserted, TokenWatch
from tests.support.piv_reader import new_card, piv_reader, skip_unless_possible

if TYPE_CHECKING:
    from bench.rows import Bench

BATCH: Final = 100
SIGNATURES: Final = (1_000, 100_000)  # before the first and the second look at the worker's memory
INSERTIONS: Final = 15
CARD: Final = 0.097  # seconds for a signature, as measured on a smart card with a P-256 key


def worker_signing(bench: "Bench") -> Iterator[Result]:
    """Batches of 100 through a worker, against python-pkcs11 in this process: our own key, which adds next to nothing
    (the first row of the table). Where a batch fills more of the time, the pipes cost less of it."""
    for kind, name, batches in (("EC", "ES256", 10), ("RSA", "PS256", 2)):
        here = bench.keys[kind]
        with open_worker(bench.tokens.copy(), kind) as key:
            yield race(
                f"{name} through a worker, batches of {BATCH}",
                each(lambda number, key=key: list(key.sign_many(_batch(number)))),  # type: ignore[misc]
                "python-pkcs11 in one process",
                each(lambda number, here=here: [here.sign(message) for message in _batch(number)]),  # type: ignore[misc]
                rounds=(batches, batches),
                must=0.8,
                stretch=0.95,
            )


def slow_card(_bench: "Bench") -> Iterator[Result]:
    """An emulated smart card that takes as long as a real one, behind OpenSC and pcscd: what all the rest adds."""
    setup = new_card("ES256")
    try:
        skip_unless_possible()
    except pytest.skip.Exception as reason:
        raise NotHereError(str(reason)) from reason
    with piv_reader(setup) as reader:
        card = reader.cards[0]
        card.insert()
        card.slow(CARD)
        with open_worker_key(
            reader.module,
            TokenSelector(serial=setup.token_serial),
            lambda: setup.pin,
            certificate_der=card.certificate_der,
            environment=reader.environment,
        ) as key:
            times = []
            for number in range(5):
                began = perf_counter()
                list(key.sign_many(_batch(number)[:20]))
                times.append((perf_counter() - began) / 20)
    yield Result(
        stage=f"ES256 through a worker, card of {CARD * 1000:.0f} ms",
        against="the card's own time",
        ours=(min(times), statistics.median(times)),
        other=(CARD, CARD),
        must=0.98,
        stretch=None,
    )


def two_workers(bench: "Bench") -> Iterator[Result]:
    """Signatures from two tokens in the time that one needs for half of them."""
    with ExitStack() as stack:
        keys = [stack.enter_context(open_worker(bench.tokens.copy(), "RSA")) for _ in range(2)]
        yield race(
            f"two tokens, two workers, PS256, batches of {BATCH}",
            _beside(keys),
            "one",
            _beside(keys[:1]),
            rounds=(4, 4),
            must=1.8,
            repeats=9,
        )


def worker_memory(bench: "Bench") -> Iterator[Result]:
    """What a worker holds after many signatures, against what it held after few."""
    if not Path("/proc/self/statm").is_file():
        raise NotHereError("/proc is wanted to read the memory of a process")
    held = []
    with open_worker(bench.tokens.copy(), "EC") as key:
        made = 0
        for until in SIGNATURES:
            while made < until:
                made += len(list(key.sign_many(_batch(made))))
            held.append(_resident(key))
    yield sizes(
        f"memory of a worker after {SIGNATURES[1]:,} signatures",
        held[1],
        f"after {SIGNATURES[0]:,}",
        held[0],
        must=1 / 1.05,
    )


def insertion(bench: "Bench") -> Iterator[Result]:
    """From a token's being there to the event, at random moments between two looks; the median against a second."""
    tokens, pulled = bench.tokens.copy(), []
    store = tokens.folder / "tokens"
    seen = threading.Event()
    stop = threading.Event()
    environment = {"SOFTHSM2_CONF": str(tokens.folder / "softhsm2.conf")}
    with TokenWatch(tokens.module, environment=environment) as watch:

        def look() -> None:
            for event in watch.events(stop):
                if isinstance(event, Inserted) and event.token.label == "bench-EC":
                    seen.set()

        watcher = threading.Thread(target=look)
        watcher.start()
        times = []
        for _ in range(INSERTIONS):
            assert seen.wait(30)
            pulled = list(store.iterdir())
            for one in pulled:
                shutil.move(one, tokens.folder / one.name)
            sleep(1.2 + random.random())  # noqa: S311 - the removal is seen meanwhile
            seen.clear()
            for one in pulled:
                shutil.move(tokens.folder / one.name, one)
            began = perf_counter()
            assert seen.wait(30)
            times.append(perf_counter() - began)
        stop.set()
        watcher.join()
    median = statistics.median(times)
    yield Result(
        stage="a token's insertion is seen, median",
        against="one second",
        ours=(median, median),
        other=(1.0, 1.0),
        must=1,
        stretch=None,
    )


def _batch(number: int) -> list[bytes]:
    return [b"%200d%200d" % (number, place) for place in range(BATCH)]


def open_worker(tokens: material.Tokens, kind: str) -> WorkerKey:
    """The key of this kind, in a worker process."""
    return open_worker_key(
        tokens.module,
        TokenSelector(label=f"bench-{kind}"),
        lambda: tokens.pin,
        certificate_der=tokens.certificates[kind],
        environment={"SOFTHSM2_CONF": str(tokens.folder / "softhsm2.conf")},
    )


def _beside(keys: list[WorkerKey]) -> Run:
    """A Run that shares the batches out among the keys, each in a thread of its own."""

    def run(rounds: int) -> float:
        threads = [threading.Thread(target=_sign, args=(key, max(1, rounds // len(keys)))) for key in keys]
        began = perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return perf_counter() - began

    return run


def _sign(key: WorkerKey, batches: int) -> None:
    for number in range(batches):
        assert len(list(key.sign_many(_batch(number)))) == BATCH


def _resident(key: WorkerKey) -> float:
    pages = int(Path(f"/proc/{key.worker.process_id}/statm").read_text().split()[1])
    return float(pages * os.sysconf("SC_PAGE_SIZE"))


ROWS: Final[tuple[Callable[["Bench"], Iterator[Result]], ...]] = (
    worker_signing,
    slow_card,
    two_workers,
    worker_memory,
    insertion,
)
