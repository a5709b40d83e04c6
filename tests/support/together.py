"""Calls at the same time, each in a thread of its own."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

PATIENCE = 20  # seconds in which whatever is not held up is long done


def together(pool: ThreadPoolExecutor, *calls: Callable[[], Any]) -> list[Any]:
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        start.wait(PATIENCE)
        return call()

    return [future.result(PATIENCE) for future in [pool.submit(run, call) for call in calls]]
