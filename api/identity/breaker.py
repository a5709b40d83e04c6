"""A circuit breaker for another authority's service, kept in the database: all processes and machines share one.

A partner that failed `THRESHOLD` times in a row is left alone until ``retry_at``; then one process asks again, and the
others wait for what it finds. Without failures it costs one look at one row.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine, select, update

from api.context import Clock
from api.errors import CentreError
from api.store.counters import add_up
from api.store.schema_identity import partners
from api.store.transactions import writing
from certificates.records.model import instant_from_text, instant_to_text

THRESHOLD: Final = 3  # calls in a row; each was tried several times already
FIRST_PAUSE: Final = 30  # seconds; doubled with each further failure
LONGEST_PAUSE: Final = 900
PROBE: Final = 60  # seconds that one process has to find out


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """The breaker of one partner, ``register`` or ``platform``."""

    engine: Engine
    name: str
    clock: Clock

    def enter(self) -> bool:
        """Before a call. Returns whether the partner failed last time.

        Raises CentreError ``partner-away`` while it is left alone.
        """
        with self.engine.connect() as connection:
            row = connection.execute(select(partners).where(partners.c.name == self.name)).one_or_none()
        if row is None or row.failures == 0:
            return False
        if row.retry_at is None:
            return True
        now = self.clock()
        retry_at = instant_from_text(row.retry_at)
        if now < retry_at:
            raise self._away(retry_at, now)
        with writing(self.engine) as connection:
            mine = connection.execute(
                update(partners)
                .where(partners.c.name == self.name, partners.c.retry_at == row.retry_at)
                .values(retry_at=instant_to_text(now + timedelta(seconds=PROBE)))
            ).rowcount
        if mine != 1:
            raise self._away(now + timedelta(seconds=PROBE), now)
        return True

    def succeeded(self) -> None:
        """The partner answers again."""
        with writing(self.engine) as connection:
            connection.execute(
                update(partners)
                .where(partners.c.name == self.name)
                .values(failures=0, retry_at=None, reason=None, changed_at=instant_to_text(self.clock()))
            )

    def failed(self, reason: str, retry_after: int | None) -> None:
        """One call more that failed, for ``reason``, a code. ``retry_after``: seconds that the partner asks for."""
        now = self.clock()
        with writing(self.engine) as connection:
            failures = add_up(connection, partners, {"name": self.name}, partners.c.failures, 1)
            values: dict[str, str | None] = {"reason": reason, "changed_at": instant_to_text(now)}
            pause = _pause(failures - THRESHOLD) if failures >= THRESHOLD else 0
            wait = max(pause, min(retry_after or 0, LONGEST_PAUSE))
            values["retry_at"] = instant_to_text(now + timedelta(seconds=wait)) if wait else None
            connection.execute(update(partners).where(partners.c.name == self.name).values(values))

    def _away(self, until: datetime, now: datetime) -> CentreError:
        seconds = max(1, int((until - now).total_seconds()))
        return CentreError("partner-away", f"the {self.name} was away and is left alone", retry_after=seconds)


def _pause(doublings: int) -> int:
    """Between three and five quarters, so that many do not come back at once."""
    pause = min(LONGEST_PAUSE, FIRST_PAUSE << min(doublings, 10))
    return pause * 3 // 4 + secrets.randbelow(pause // 2 + 1)
