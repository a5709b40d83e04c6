"""From a stored signature to a released passport: the same page again, the gate, and only then `issued`.

`release_all` may run any number of times and in several processes: a passport leaves the state `signed` once.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

import structlog
from sqlalchemy import Row, Select, select, update

from api.audit import Act, record_acts
from api.auth import read_certificate
from api.checkers.published import PublishedSigner, find_signers
from api.context import Centre
from api.passports.building import Held, Released, attempt
from api.reconciliation.tallying import note_doses_issued
from api.renewal.issued import find_renewed, note_issued
from api.revocation.replacing import note_replaced
from api.revocation.standing import is_revoked
from api.signing.work import read_versions
from api.states import RecordState
from api.store.locks import lock_records
from api.store.moves import Move, move
from api.store.schema import jobs, passports, tokens
from api.store.transactions import again, writing
from api.workers import run_calls
from certificates.records.model import instant_to_text

_ACTOR: Final = "centre"
_AT_ONCE: Final = 100
_A_COMMIT: Final = 20  # released in one transaction: each waits for the disk
_WAITING: Final = (passports.c.state == "signed", ~is_revoked(passports.c.uvci))
_log = structlog.get_logger(__name__)


def release_pending(centre: Centre) -> int:
    """Finish what a crash left between signature and release. Returns how many passports were waiting."""
    with centre.engine.connect() as connection:
        waiting = connection.execute(select(passports.c.uvci).where(*_WAITING)).scalars().all()
    for start in range(0, len(waiting), _AT_ONCE):
        release_all(centre, waiting[start : start + _AT_ONCE])
    return len(waiting)


def release_all(centre: Centre, uvcis: Sequence[str]) -> None:
    """Release each; one that fails in an unforeseen way stays `signed` for the next `release_pending`."""
    now = centre.clock()
    waiting = list(_read_waiting(centre, uvcis))
    calls = [(passport, row, signers, now) for passport, row, signers in waiting]
    ready: list[tuple[Row[Any], Released | Held]] = []
    for (passport, _, _), built in zip(waiting, run_calls(centre.workers, attempt, calls), strict=True):
        if isinstance(built, Exception):  # one broken passport must not keep the others of its batch
            _log.error("release-failed", kind=type(built).__name__)
            continue
        ready.append((passport, built))
        if len(ready) == _A_COMMIT:
            _finish(centre, ready, now)
            ready.clear()
    _finish(centre, ready, now)


def _read_waiting(
    centre: Centre, uvcis: Sequence[str]
) -> Iterator[tuple[Row[Any], Row[Any], tuple[PublishedSigner, ...]]]:
    """The passports that are still `signed`, each with its version of the record and whom checkers try for it."""
    with centre.engine.connect() as connection:
        signed = connection.execute(_select_passports().where(passports.c.uvci.in_(uvcis), *_WAITING)).all()
        rows = read_versions(connection, [(passport.record_id, passport.version) for passport in signed])
        certificates = {passport.fingerprint: read_certificate(passport.certificate) for passport in signed}
        trusted = find_signers(connection, centre.settings, certificates.values())
    for passport in signed:
        yield passport, rows[passport.record_id, passport.version], trusted[certificates[passport.fingerprint].kid]


@again
def _finish(centre: Centre, ready: Sequence[tuple[Row[Any], Released | Held]], now: datetime) -> None:
    """Set `issued` where the gate let it through, `held` where there is a reason; in one transaction."""
    at = instant_to_text(now)
    acts: list[Act] = []
    moves: list[Move] = []
    if not ready:
        return
    with writing(centre.engine) as connection:
        lock_records(connection, [passport.record_id for passport, _ in ready])
        renewed = find_renewed(connection, [passport for passport, _ in ready])
        issued: list[Row[Any]] = []
        for passport, built in ready:
            released, held = (None, built) if isinstance(built, Held) else (built, None)
            reason = held.code if held else None
            changed = connection.execute(
                update(passports)
                .where(passports.c.uvci == passport.uvci, *_WAITING)
                .values(
                    state="issued" if released else "held",
                    reason=reason,
                    pdf=released.pdf if released else None,
                    qr_png=released.qr_png if released else None,
                    issued_at=at if released else None,
                )
            ).rowcount
            if not changed:
                continue  # another process was quicker, or it was revoked meanwhile
            state = RecordState.HELD
            if released:
                state = RecordState.RENEWED if passport.uvci in renewed else RecordState.ISSUED
                issued.append(passport)
            moves.append(
                Move(
                    record_id=passport.record_id,
                    version=passport.version,
                    only_from=RecordState.SIGNED.value,
                    state=state.value,
                    reason=reason,
                )
            )
            acts.append(
                Act(
                    actor=_ACTOR,
                    act="issue" if released else "hold",
                    subject=passport.record_id,
                    reason=str(held or ""),
                )
            )
        move(connection, moves, at=now)
        note_issued(connection, issued, renewed, at=now)
        note_replaced(connection, issued, at=now)
        note_doses_issued(connection, issued, at=now)
        record_acts(connection, acts, at=now)


def _select_passports() -> Select[Any]:
    return (
        select(
            passports,
            jobs.c.signing_time,
            jobs.c.layout,
            jobs.c.came_from,
            tokens.c.certificate,
            tokens.c.suspended_at,
        )
        .join(jobs, jobs.c.job_id == passports.c.job_id)
        .join(tokens, tokens.c.fingerprint == passports.c.fingerprint)
    )
