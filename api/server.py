"""Starting the service: checks first, then uvicorn."""

from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Engine

from api.config import SECRET_NAME, Settings, check_exposure, load_secret, load_settings
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
    """The centre of a data folder. Raises CentreError of `api.config` and `open_with`.

    Args:
        make: give an empty database its tables; None: where it is the embedded one.
    """
    return open_with(load_settings(data=data, mode=mode, centre_url=centre_url), workers=workers, make=make)


def open_with(settings: Settings, *, workers: Workers | None = None, make: bool | None = None) -> Centre:
    """The centre of these settings. Raises CentreError of `load_secret`, `open_database` and `agree_on_secret`."""
    engine = open_database(settings.database, make=make)
    secret = load_secret(settings.data, make=not has_secret(engine))
    agree_on_secret(engine, secret)
    return Centre(engine=engine, settings=settings, secret=secret, workers=workers)


def open_store(data: Path | None = None) -> Engine:
    """The database of a service that is there already.

    Raises CentreError ``data-missing``, ``settings``, and those of `open_database`.
    """
    return open_database(_existing(load_settings(data=data)))


def find_secret(data: Path | None = None) -> bytes | None:
    """The secret of a service that is there, for whoever may read it; None for anybody else.

    Raises CentreError ``settings``, ``secret-weak``.
    """
    path = load_settings(data=data).data
    try:
        return load_secret(path, make=False) if (path / SECRET_NAME).exists() else None
    except PermissionError:
        return None


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


def run_server(*, config: Path | None, **given: Any) -> None:
    """Serve until a signal ends it: in this process, or watched by it in several. Raises CentreError.

    Args:
        config: the file of settings.
        given: settings of the command line; None: not said.
    """
    # Here, not above: the commands of operators open a store without the web's modules, twice as fast.
    from api.serving import serve_alone, serve_together

    settings = load_settings(config=config, **given)
    check_exposure(settings)
    if settings.workers > 1 and settings.database_url is None:
        raise CentreError("workers-sqlite", "several workers need PostgreSQL: set database_url, or workers = 1")
    _log.info(
        "start",
        host=settings.host,
        port=settings.port,
        mode=settings.mode,
        centre_url=settings.centre_url,
        workers=settings.workers,
    )
    if settings.workers == 1:
        serve_alone(settings)
    else:
        serve_together(settings)
