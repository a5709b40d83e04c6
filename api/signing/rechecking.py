"""Asking the authorities again: what is revoked is suspended, what was held for want of an answer goes on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, or_, select

from api.context import Centre
from api.errors import CentreError
from api.signing.authorities import UNCHECKED, Authorities, check_standing, note_standing
from api.signing.enrolment import suspend_token
from api.signing.fetching import Fetch, fetcher
from api.signing.holding import resume_held
from api.states import RecordState
from api.store.schema import confirmations, passports, records, standings, tokens
from api.store.transactions import Turn, writing
from certificates.records.model import instant_from_text

CENTRE: Final = "centre"  # as the audit names it
_EARLY: Final = 4  # asked again after a quarter of the longest age: a failure may last for some tries


@dataclass(frozen=True, slots=True, kw_only=True)
class Rechecked:
    """Fingerprints, in hexadecimal, by what came of them; ``silent``: code and reason why nobody answered."""

    good: tuple[str, ...]
    revoked: tuple[str, ...]
    silent: dict[str, str]
    released: int


def recheck(centre: Centre, *, by: str = CENTRE, due_only: bool = False, fetch: Fetch | None = None) -> Rechecked:
    """Ask about every token that is not suspended; ``due_only``: about those whose answer grows old.

    Lists come before single questions: one list answers for all certificates of its authority. Raises CentreError
    ``authorities-file``.
    """
    settings, now = centre.settings, centre.clock()
    authorities = Authorities.load(settings)
    asked = _Memory(fetch or fetcher(allow_loopback=settings.environment == "development"))
    good: list[str] = []
    revoked: list[str] = []
    silent: dict[str, str] = {}
    released = 0
    longest = timedelta(hours=settings.revocation_max_age_hours)
    for token in _tokens(centre) if authorities.named else ():
        if due_only and token.checked_at and instant_from_text(token.checked_at) + longest / _EARLY > now:
            continue
        name = token.fingerprint.hex()
        try:
            source = check_standing(
                token.certificate, authorities, settings=settings, at=now, fetch=asked, lists_first=True
            )
        except CentreError as error:
            if error.code == "enrol-revoked":
                suspend_token(centre.engine, token.fingerprint, by=by, at=now, reason="certificate-revoked")
                revoked.append(name)
                continue
            silent[name] = f"{error.code}: {error.detail}"
            with writing(centre.engine, Turn.ALONE) as connection:
                _begin_ageing(connection, token)
            continue
        with writing(centre.engine, Turn.ALONE) as connection:
            note_standing(connection, token.fingerprint, source, now)
        good.append(name)
        released += _release(centre, token.fingerprint, by)
    return Rechecked(good=tuple(good), revoked=tuple(revoked), silent=silent, released=released)


class _Memory:
    """Fetches each list once in a round, and asks an address that gave no answer no more."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._lists: dict[str, bytes] = {}
        self._silent: dict[str, CentreError] = {}

    def __call__(self, address: str, question: bytes | None) -> bytes:
        if address in self._silent:
            raise CentreError(self._silent[address].code, self._silent[address].detail)
        if question is None and address in self._lists:
            return self._lists[address]
        try:
            answer = self._fetch(address, question)
        except CentreError as error:
            self._silent[address] = error
            raise
        if question is None:
            self._lists[address] = answer
        return answer


def _tokens(centre: Centre) -> Sequence[Row[*tuple[Any, ...]]]:
    with centre.engine.connect() as connection:
        return connection.execute(
            select(tokens.c.fingerprint, tokens.c.certificate, tokens.c.enrolled_at, standings.c.checked_at)
            .outerjoin(standings, standings.c.fingerprint == tokens.c.fingerprint)
            .where(tokens.c.suspended_at.is_(None))
            .order_by(standings.c.checked_at)
        ).all()


def _begin_ageing(connection: Connection, token: Row[*tuple[Any, ...]]) -> None:
    """A token that was enrolled before an authority was named has no answer yet: it ages from its enrolment."""
    if connection.execute(select(standings).where(standings.c.fingerprint == token.fingerprint)).first() is None:
        connection.execute(
            insert(standings).values(fingerprint=token.fingerprint, checked_at=token.enrolled_at, source="none")
        )


def _release(centre: Centre, fingerprint: bytes, by: str) -> int:
    """What this token signed while its authority was silent goes on."""
    held = (records.c.state == RecordState.HELD.value) & (records.c.reason == UNCHECKED)
    signed = [
        select(table.c.record_id).where(
            table.c.record_id == records.c.record_id,
            table.c.version == records.c.version,
            table.c.fingerprint == fingerprint,
        )
        for table in (confirmations, passports)
    ]
    with centre.engine.connect() as connection:
        ids = connection.execute(
            select(records.c.record_id).where(held, or_(*(one.exists() for one in signed)))
        ).scalars()
        waiting = list(ids)
    for record_id in waiting:
        resume_held(centre, record_id, by=by, reason="certificate-checked")
    return len(waiting)
