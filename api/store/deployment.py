"""What every machine of one service must have alike, and learns from their common database: the secret."""

import hashlib
import hmac
from typing import Final

from sqlalchemy import Connection, Engine, insert, select

from api.errors import CentreError
from api.store.schema import deployment
from api.store.transactions import Turn, writing

_SECRET: Final = "secret"  # noqa: S105 - the name of a row


def has_secret(engine: Engine) -> bool:
    """Whether some machine of this service had a secret before."""
    with engine.connect() as connection:
        return _read(connection) is not None


def agree_on_secret(engine: Engine, secret: bytes) -> None:
    """Note a hash of the secret at the first start, and refuse another secret ever after.

    The secret itself stays out of the database: whoever has a copy of that shall not try claim codes at home.
    Raises CentreError ``secret-differs``.
    """
    known = hmac.new(secret, b"vaxseal: this is the service's secret", hashlib.sha256).digest()
    with engine.connect() as connection:
        stored = _read(connection)
    if stored is None:
        with writing(engine, Turn.ALONE) as connection:
            stored = _read(connection)
            if stored is None:
                connection.execute(insert(deployment).values(name=_SECRET, value=known))
                return
    if not hmac.compare_digest(stored, known):
        raise CentreError("secret-differs", "secret.key is not the one of this service: copy it from where it was made")


def _read(connection: Connection) -> bytes | None:
    return connection.execute(select(deployment.c.value).where(deployment.c.name == _SECRET)).scalar_one_or_none()
