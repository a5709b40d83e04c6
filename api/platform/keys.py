"""Keys of machines that enter doses: shown once, kept as SHA-256, good for a unit and those below it."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import Depends, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import Engine, insert, select, update

from api.audit import record_act
from api.auth import bearer_hash, get_centre
from api.context import Centre
from api.errors import CentreError
from api.store.schema import units
from api.store.schema_intake import platform_keys
from api.store.transactions import writing
from certificates.records.model import instant_to_text

NAME_LIMIT: Final = 80
_MARK: Final = "vxp_"  # so that a scanner for lost secrets knows one
platform_bearer: Final = HTTPBearer(
    scheme_name="PlatformKey", auto_error=False, description="A key of `vaxseal admin platform-key add`"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """A machine that enters doses, proven by its key."""

    key_id: str
    name: str
    unit: str

    @property
    def actor(self) -> str:
        """As the audit names it."""
        return f"platform:{self.key_id}@{self.unit}"


def add_key(engine: Engine, *, name: str, unit: str, by: str, at: datetime) -> tuple[str, str]:
    """Make a key; returns its number and the key itself, which nobody can read again.

    Raises CentreError ``unit-unknown``, ``platform-key-name``.
    """
    if not 1 <= len(name.strip()) <= NAME_LIMIT:
        raise CentreError("platform-key-name", f"a key has a name of 1 to {NAME_LIMIT} characters")
    key_id, key = secrets.token_hex(4), _MARK + secrets.token_urlsafe(32)
    with writing(engine) as connection:
        if connection.execute(select(units.c.code).where(units.c.code == unit)).one_or_none() is None:
            raise CentreError("unit-unknown", f"there is no unit {unit}")
        connection.execute(
            insert(platform_keys).values(
                key_id=key_id,
                key_hash=bearer_hash(key),
                name=name.strip(),
                unit=unit,
                made_at=instant_to_text(at),
                made_by=by,
            )
        )
        record_act(connection, at=at, actor=by, act="platform-key-added", subject=key_id, reason=f"for {unit}")
    return key_id, key


def revoke_key(engine: Engine, key_id: str, *, by: str, at: datetime) -> None:
    """End a key for good. Raises CentreError ``platform-key-unknown``: there is none, or it ended before."""
    with writing(engine) as connection:
        changed = connection.execute(
            update(platform_keys)
            .where(platform_keys.c.key_id == key_id, platform_keys.c.revoked_at.is_(None))
            .values(revoked_at=instant_to_text(at), revoked_by=by)
        )
        if changed.rowcount != 1:
            raise CentreError("platform-key-unknown", f"there is no key {key_id} in force")
        record_act(connection, at=at, actor=by, act="platform-key-revoked", subject=key_id)


def list_keys(engine: Engine) -> tuple[dict[str, Any], ...]:
    """All keys, those that ended too; never the key itself."""
    shown = [column for column in platform_keys.c if column.name != "key_hash"]
    with engine.connect() as connection:
        found = connection.execute(select(*shown).order_by(platform_keys.c.made_at, platform_keys.c.key_id))
        return tuple(dict(row._mapping) for row in found)


def find_platform(engine: Engine, key: str) -> Platform:
    """Whose key this is. Raises CentreError ``platform-key-refused``: unknown, or revoked."""
    with engine.connect() as connection:
        row = connection.execute(
            select(platform_keys).where(
                platform_keys.c.key_hash == bearer_hash(key), platform_keys.c.revoked_at.is_(None)
            )
        ).one_or_none()
    if row is None:
        raise CentreError("platform-key-refused")
    return Platform(key_id=row.key_id, name=row.name, unit=row.unit)


def require_platform(
    centre: Annotated[Centre, Depends(get_centre)],
    credentials: Annotated[HTTPAuthorizationCredentials | None, Security(platform_bearer)],
) -> Platform:
    """The dependency of the platform's routes."""
    if credentials is None:
        raise CentreError("platform-key-refused")
    return find_platform(centre.engine, credentials.credentials)
