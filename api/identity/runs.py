"""Looks through the records that wait for the register, as the database remembers them: a stopped one goes on."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, insert, select, update

from api.store.schema_identity import match_runs
from api.store.transactions import writing
from certificates.records.model import instant_to_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One look through. ``resumed_from``: when it began (RFC 3339), where it had stopped before its end and goes on:
    what the register said since then is not asked again. None: it begins now."""

    run_id: str
    resumed_from: str | None


def begin_run(engine: Engine, *, register: str, again: bool, by: str, at: datetime) -> Run:
    """Note that a run begins; it goes on with the last one of this kind, if that did not come to its end."""
    now, run_id = instant_to_text(at), secrets.token_hex(16)
    same = (match_runs.c.register == register) & (match_runs.c.again == int(again))
    with writing(engine) as connection:
        last = connection.execute(
            select(match_runs).where(same).order_by(match_runs.c.begun_at.desc()).limit(1)
        ).one_or_none()
        if last is not None and last.state != "complete":
            connection.execute(
                update(match_runs)
                .where(match_runs.c.run_id == last.run_id)
                .values(state="open", reason=None, ended_at=None, made_by=by)
            )
            return Run(run_id=last.run_id, resumed_from=last.begun_at)
        connection.execute(
            insert(match_runs).values(
                run_id=run_id, register=register, again=int(again), state="open", begun_at=now, asked=0, made_by=by
            )
        )
    return Run(run_id=run_id, resumed_from=None)


def end_run(engine: Engine, run: Run, *, asked: int, reason: str | None, at: datetime) -> None:
    """Note its end; with a reason, a code, it stopped before it."""
    with writing(engine) as connection:
        connection.execute(
            update(match_runs)
            .where(match_runs.c.run_id == run.run_id)
            .values(
                state="complete" if reason is None else "stopped",
                reason=reason,
                ended_at=instant_to_text(at),
                asked=match_runs.c.asked + asked,
            )
        )
