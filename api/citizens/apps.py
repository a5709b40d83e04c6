"""Keys of citizen apps: shown once, kept as SHA-256. A key opens nobody's record: it says whose program asks."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import Depends, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import Engine, insert, select, update

from api.audit import record_act
from api.auth import bearer_hash, get_centre
from api.citizens.holder import Holder, find_holder
from api.context import Centre
from api.errors import CentreError
from api.store.schema_citizens import app_keys
from api.store.transactions import writing
from certificates.records.model import instant_to_text

NAME_LIMIT: Final = 80
HEADER: Final = "X-App-Key"
_MARK: Final = "vxa_"  # so that a scanner for lost secrets knows one
app_header: Final = APIKeyHeader(
    name=HEADER, scheme_name="AppKey", auto_error=False, description="A key of `vaxseal admin app-key add`"
)
citizen_bearer: Final = HTTPBearer(
    scheme_name="CitizenBearer", auto_error=False, description="The token of /v1/citizen/enter/code or /slip"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """A citizen app, proven by its key."""

    key_id: str
    name: str


def add_app_key(engine: Engine, *, name: str, by: str, at: datetime) -> tuple[str, str]:
    """Make a key; returns its number and the key itself, which nobody can read again.

    Raises CentreError ``app-key-name``.
    """
    if not 1 <= len(name.strip()) <= NAME_LIMIT:
        raise CentreError("app-key-name", f"a key has a name of 1 to {NAME_LIMIT} characters")
    key_id, key = secrets.token_hex(4), _MARK + secrets.token_urlsafe(32)
    made = {"key_id": key_id, "key_hash": bearer_hash(key), "name": name.strip()}
    with writing(engine) as connection:
        connection.execute(insert(app_keys).values(**made, made_at=instant_to_text(at), made_by=by))
        record_act(connection, at=at, actor=by, act="app-key-added", subject=key_id)
    return key_id, key


def revoke_app_key(engine: Engine, key_id: str, *, by: str, at: datetime) -> None:
    """End a key for good. Raises CentreError ``app-key-unknown``: there is none, or it ended before."""
    in_force = (app_keys.c.key_id == key_id) & app_keys.c.revoked_at.is_(None)
    with writing(engine) as connection:
        ended = update(app_keys).where(in_force).values(revoked_at=instant_to_text(at), revoked_by=by)
        if connection.execute(ended).rowcount != 1:
            raise CentreError("app-key-unknown", f"there is no key {key_id} in force")
        record_act(connection, at=at, actor=by, act="app-key-revoked", subject=key_id)


def list_app_keys(engine: Engine) -> tuple[dict[str, Any], ...]:
    """All keys, those that ended too; never the key itself."""
    shown = [column for column in app_keys.c if column is not app_keys.c.key_hash]
    with engine.connect() as connection:
        rows = connection.execute(select(*shown).order_by(app_keys.c.made_at, app_keys.c.key_id)).all()
    return tuple(dict(row._mapping) for row in rows)


def require_app(
    centre: Annotated[Centre, Depends(get_centre)], key: Annotated[str | None, Security(app_header)]
) -> App:
    """The dependency of the routes for citizen apps. Raises CentreError ``app-key-refused``."""
    with centre.engine.connect() as connection:
        row = connection.execute(
            select(app_keys.c.key_id, app_keys.c.name).where(
                app_keys.c.key_hash == bearer_hash(key or ""), app_keys.c.revoked_at.is_(None)
            )
        ).one_or_none()
    if row is None:
        raise CentreError("app-key-refused")
    return App(key_id=row.key_id, name=row.name)


def require_citizen(
    centre: Annotated[Centre, Depends(get_centre)],
    app: Annotated[App, Depends(require_app)],
    credentials: Annotated[HTTPAuthorizationCredentials | None, Security(citizen_bearer)],
) -> Holder:
    """The dependency of the routes behind a session: of this app, and of a person who proved it.

    Raises CentreError ``citizen-bearer-missing``, ``citizen-session-ended``.
    """
    if credentials is None:
        raise CentreError("citizen-bearer-missing")
    return find_holder(centre, credentials.credentials, app=app.key_id)
