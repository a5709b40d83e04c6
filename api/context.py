"""What every use case of the service needs, in one value."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine

from api.config import Settings
from api.workers import Workers

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """Now, in UTC with whole seconds: what the service stores and signs."""
    return datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Centre:
    """The service: its database, settings, secret and clock. It holds no key.

    ``workers`` build and check pages in processes of their own; None: in this one.
    """

    engine: Engine
    settings: Settings
    secret: bytes
    clock: Clock = system_clock
    workers: Workers | None = None

    def __repr__(self) -> str:
        return "Centre(...)"
