"""Starting the service: checks first, then uvicorn."""

import os
from pathlib import Path

import structlog
from sqlalchemy import Engine

from api.config import Settings, check_exposure, load_secret, load_settings
from api.context import Centre
from api.errors import CentreError
from api.store.database import connect, open_database
from api.store.deployment import agree_on_secret, has_secret
from api.store.versions import migrate
from api.workers import Workers

_log = structlog.get_logger(__name__)


def open_centre(
    data: Path | None = None,
    mode: str | None = None,
    centre_url: str | None = None,
    *,
    workers: Workers | None = None,
    make: bool | None = None,
) -> Centre:
    """The centre of a data folder. Raises CentreError of `api.config`, `open_database` and `agree_on_secret`.

    Args:
        make: give an empty database its tables; None: where it is the embedded one.
    """
    settings = load_settings(data=data, mode=mode, centre_url=centre_url)
    engine = open_database(settings.database, make=make)
    secret = load_secret(settings.data, make=not has_secret(engine))
    agree_on_secret(engine, secret)
    return Centre(engine=engine, settings=settings, secret=secret, workers=workers)


def open_store(data: Path | None = None) -> Engine:
    """The database of a service that is there already.

    Raises CentreError ``data-missing``, ``settings``, and those of `open_database`.
    """
    return open_database(_existing(load_settings(data=data)))


def migrate_store(data: Path | None = None) -> str:
    """Bring the tables of a service that is there to the newest version; returns which one they had.

    Raises CentreError ``data-missing``, ``settings``, ``database-unreachable``, ``schema-missing``, ``schema-unknown``.
    """
    return migrate(connect(_existing(load_settings(data=data))))


def _existing(settings: Settings) -> Path | str:
    if isinstance(settings.database, Path) and not settings.database.is_file():
        raise CentreError(
            "data-missing", f"there is no service in {settings.data}: run `vaxseal admin init` or give --data"
        )
    return settings.database


def run_server(*, data: Path | None, host: str, port: int, mode: str | None, centre_url: str | None) -> None:
    """Serve until a signal ends it. Raises CentreError."""
    # Here, not above: the commands of operators open a store without the web's modules, twice as fast.
    import uvicorn

    from api.app import create_app

    centre = open_centre(data, mode, centre_url or f"http://{host}:{port}", workers=Workers(os.cpu_count() or 1))
    settings = centre.settings
    check_exposure(settings, host)
    _log.info("start", host=host, port=port, mode=settings.mode, centre_url=settings.centre_url)
    try:
        uvicorn.run(
            create_app(centre),
            host=host,
            port=port,
            access_log=False,  # ours has no query and no free path
            log_config=None,
            server_header=False,
            ssl_certfile=settings.tls_certificate,
            ssl_keyfile=settings.tls_key,
        )
    finally:
        if centre.workers is not None:
            centre.workers.close()
