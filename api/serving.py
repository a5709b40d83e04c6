"""The running service: one process, or several behind one socket that a further one watches."""

import functools
import os
import shutil
import tempfile
from typing import Any, Final

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from api import metrics
from api.app import create_app
from api.config import Settings
from api.context import Centre
from api.logs import set_up_logs
from api.server import open_with
from api.workers import Workers

PATIENCE: Final = 30  # seconds: a process that gives no sign for so long is replaced; requests may end at a stop


def serve_alone(settings: Settings) -> None:
    """One process, which also answers Prometheus. Raises CentreError."""
    centre = open_with(settings, workers=_layout_workers(settings))
    _listen_for_prometheus(centre)
    uvicorn.run(create_app(centre), **_options(settings))


def serve_together(settings: Settings) -> None:
    """Several processes. One that dies or hangs is replaced; SIGHUP replaces all, one after the other; SIGTERM lets
    what they are doing end. Raises CentreError: this one looks first whether there is a service to run."""
    counts = tempfile.mkdtemp(prefix="vaxseal-metrics-")
    os.environ[metrics.FOLDER] = counts  # inherited; it is read when a process begins to count
    centre = open_with(settings)
    try:
        _listen_for_prometheus(centre)
        config = uvicorn.Config(
            functools.partial(make_app, settings), factory=True, workers=settings.workers, **_options(settings)
        )
        Multiprocess(config, sockets=[config.bind_socket()]).run()
    finally:
        centre.engine.dispose()
        shutil.rmtree(counts, ignore_errors=True)


def make_app(settings: Settings) -> FastAPI:
    """The application of one of several processes."""
    set_up_logs()
    return create_app(open_with(settings, workers=_layout_workers(settings)))


def _layout_workers(settings: Settings) -> Workers:
    return Workers(max(1, (os.cpu_count() or 1) // settings.workers))


def _listen_for_prometheus(centre: Centre) -> None:
    settings = centre.settings
    if settings.metrics_port is not None:
        metrics.listen(centre, host=settings.metrics_host, port=settings.metrics_port)


def _options(settings: Settings) -> dict[str, Any]:
    return {
        "host": settings.host,
        "port": settings.port,
        "access_log": False,  # ours has no query and no free path
        "log_config": None,
        "server_header": False,
        "ssl_certfile": settings.tls_certificate,
        "ssl_keyfile": settings.tls_key,
        "timeout_graceful_shutdown": PATIENCE,
        "timeout_worker_healthcheck": PATIENCE,
    }
