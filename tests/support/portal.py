"""One event loop for the clients of all centres of a process: each request would otherwise begin and end its own."""

import atexit
import threading
from concurrent.futures import Future
from functools import cache

import anyio
from anyio.from_thread import BlockingPortal


@cache
def portal() -> BlockingPortal:
    """For `starlette.testclient.TestClient.portal`. It ends with the process."""
    begun: Future[BlockingPortal] = Future()

    async def serve() -> None:
        async with BlockingPortal() as made:
            begun.set_result(made)
            await made.sleep_until_stopped()

    # A daemon: an executor's thread, as anyio's own, is waited for before anything can end it.
    thread = threading.Thread(target=anyio.run, args=(serve,), daemon=True)
    thread.start()
    made = begun.result()
    atexit.register(thread.join)
    atexit.register(lambda: made.start_task_soon(made.stop))
    return made
