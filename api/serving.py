"""The running service: one process, or several behind one socket that a further one watches."""

import contextlib
import functools
import multiprocessing
import os
import shutil
import signal
import socket
import tempfile
import threading
from typing import Any, Final

import structlog
import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from api import metrics
from api.app import create_app
from api.config import Settings
from api.context import Centre
from api.errors import CentreError
from api.logs import set_up_logs
from api.server import open_with
from api.workers import Workers, look_seldom_for_garbage

# Seconds that an unused connection is kept. Agents drop theirs sooner (`signer.client`): what is
# sent at the moment when we drop it gets no answer, and its sender cannot know whether it was begun.
KEEP_ALIVE: Final = 20
PATIENCE: Final = 30  # seconds: a process that gives no sign for so long is replaced; requests may end at a stop
_log = structlog.get_logger(__name__)


def serve_alone(settings: Settings) -> None:
    """One process, which also answers Prometheus. Raises CentreError of `open_with`, ``address-taken``."""
    centre = open_with(settings, workers=_layout_workers(settings))
    _listen_for_prometheus(centre)
    address = _bind(settings.host, settings.port)
    app = create_app(centre)
    look_seldom_for_garbage()
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(uvicorn.Config(app, **_options(settings))).run(sockets=[address])


def serve_together(settings: Settings) -> None:
    """Several processes. One that dies or hangs is replaced; SIGHUP replaces all, one after the other; SIGTERM lets
    what they are doing end.

    Raises CentreError as `serve_alone`: this process looks first whether there is a service to run.
    """
    counts = tempfile.mkdtemp(prefix="vaxseal-metrics-")
    os.environ[metrics.FOLDER] = counts  # inherited; it is read when a process begins to count
    centre = open_with(settings)
    try:
        _listen_for_prometheus(centre)
        address = _bind(settings.host, settings.port)
        config = uvicorn.Config(
            functools.partial(make_app, settings), factory=True, workers=settings.workers, **_options(settings)
        )
        Multiprocess(config, sockets=[address]).run()
    finally:
        centre.engine.dispose()
        shutil.rmtree(counts, ignore_errors=True)


def make_app(settings: Settings) -> FastAPI:
    """The application of one of several processes, which ends with the one that watches it.

    One that cannot begin, as while the database is away, says so in a line and is replaced.
    """
    set_up_logs()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        app = create_app(open_with(settings, workers=_layout_workers(settings)))
    except Exception as error:  # else multiprocessing writes a traceback, with whatever it holds
        _log.error("process-failed", kind=type(error).__name__, code=getattr(error, "code", None))
        raise SystemExit(1) from None
    look_seldom_for_garbage()
    return app


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        signal.raise_signal(signal.SIGTERM)


def _bind(host: str, port: int) -> socket.socket:
    """The socket that is listened on. Raises CentreError ``address-taken``."""
    # With its protocol named asyncio sends small answers at once; else a client that keeps its connection waits 40 ms.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    address = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        address.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        address.bind((host, port))
    except OSError as error:
        address.close()
        raise CentreError("address-taken", f"{host}:{port} cannot be listened on: {error.strerror}") from None
    address.set_inheritable(True)
    return address


def _layout_workers(settings: Settings) -> Workers:
    return Workers(max(1, (os.cpu_count() or 1) // settings.workers))


def _listen_for_prometheus(centre: Centre) -> None:
    settings = centre.settings
    if settings.metrics_port is not None:
        try:
            metrics.listen(centre, host=settings.metrics_host, port=settings.metrics_port)
        except OSError as error:
            where = f"{settings.metrics_host}:{settings.metrics_port}"
            raise CentreError("address-taken", f"{where} cannot be listened on: {error.strerror}") from None


def _options(settings: Settings) -> dict[str, Any]:
    return {
        "host": settings.host,
        "port": settings.port,
        "access_log": False,  # ours has no query and no free path
        "log_config": None,
        "server_header": False,
        "ssl_certfile": settings.tls_certificate,
        "ssl_keyfile": settings.tls_key,
        "timeout_keep_alive": KEEP_ALIVE,
        "timeout_graceful_shutdown": PATIENCE,
        "timeout_worker_healthcheck": PATIENCE,
    }
