"""Work lists and counts: what stands to be mended already comes onto the lists, and everything is counted."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

AT_ONCE = 1000
PLAIN = {
    "malformed_id": "malformed-id",
    "unverifiable": "unverifiable",
    "register_disputed": "register-disputed",
    "deceased": "deceased",
    "merged": "merged",
    "held": "held",
}
FIELDS = {
    "full_name": "mismatch-name",
    "date_of_birth": "mismatch-date-of-birth",
    "sex": "mismatch-sex",
    "id_number": "mismatch-id",
}


def upgrade() -> None:
    _lists()
    _samples()
    _counts()
    _fill()


def _lists() -> None:
    _make(
        "work_items",
        ["record_id", "province"],
        "unit desk status work_class since level:int touched:int last_by? before_state? before_reason?",
        work_items_list=["unit", "desk", "status", "since", "record_id"],
        work_items_level=["level", "since"],
    )
    _make("work_steps", ["record_id", "province", "number:int"], "at account unit kind code value")
    _make(
        "work_asides",
        ["record_id", "province"],
        "unit reason until account made_at",
        work_asides_until=["until"],
    )
    _make(
        "work_raised",
        ["unit", "record_id", "province", "why"],
        "since raised_at",
        work_raised_list=["unit", "since", "record_id"],
        work_raised_record=["record_id"],
    )
    _make("correction_evidence", ["record_id", "version:int", "province"], "kind reference account made_at")


def _samples() -> None:
    _make(
        "work_closings",
        ["closing_id", "province"],
        "kind record_id version:int unit work_class opened_at closed_at day account",
        work_closings_day=["day", "closing_id"],
        work_closings_record=["record_id"],
    )
    _make(
        "sample_draws",
        ["day"],
        "seed:bytes rate:int single_rate:int committed_at drawn_at? population:int? drawn:int?",
    )
    _make(
        "work_rechecks",
        ["closing_id", "province"],
        "day unit above record_id version:int kind work_class closed_by why drawn_at result? error_class? checked_by?"
        " checked_unit? checked_at?",
        work_rechecks_list=["above", "result", "drawn_at", "closing_id"],
        work_rechecks_record=["record_id"],
    )


def _counts() -> None:
    _make("count_deltas", ["batch", "number:int", "province"], "unit measure desk since day came:int gone:int")
    _make("unit_counts", ["unit", "measure", "desk", "since", "province"], "records:int")
    _make("unit_days", ["unit", "day", "measure", "desk", "province"], "came:int gone:int")


def _make(name: str, key: list[str], others: str, **indexes: list[str]) -> None:
    """A table; ``name``, ``name:int``, ``name:bytes``, and a question mark where it may be null."""
    types: dict[str, Any] = {"": sa.String(), "int": sa.Integer(), "bytes": sa.LargeBinary()}
    columns: list[sa.Column[Any]] = []
    names: list[str] = []
    for told in [*key, *others.split()]:
        column, _, kind = told.rstrip("?").partition(":")
        names.append(column)
        columns.append(sa.Column(column, types[kind], nullable=told.endswith("?")))
    op.create_table(name, *columns, sa.PrimaryKeyConstraint(*names[: len(key)]))
    for index, over in indexes.items():
        op.create_index(index, name, over, unique=False)


def _fill() -> None:
    """Since when a record is to be mended nobody wrote down: since it last moved."""
    connection = op.get_bind()
    names = ("record_id", "province", "unit", "state", "reason", "updated_at")
    records = sa.table("records", *(sa.column(name) for name in names))
    items = sa.table(
        "work_items",
        *(
            sa.column(name)
            for name in ("record_id", "province", "unit", "desk", "status", "work_class", "since", "level", "touched")
        ),
    )
    counts = sa.table(
        "unit_counts", *(sa.column(name) for name in ("unit", "measure", "desk", "since", "province", "records"))
    )
    found: Counter[tuple[str, ...]] = Counter()
    last = ""
    while rows := connection.execute(
        sa.select(records).where(records.c.record_id > last).order_by(records.c.record_id).limit(AT_ONCE)
    ).all():
        last = rows[-1].record_id
        made = []
        for row in rows:
            work_class = _class_of(row.state, row.reason or "")
            found[row.unit, "taken-in", "", "", row.province] += 1
            if work_class is None:
                found[row.unit, row.state, "", "", row.province] += 1
                continue
            desk = "police" if work_class == "register-disputed" else "clerk"
            found[row.unit, work_class, desk, _local_day(row.updated_at), row.province] += 1
            made.append(
                {
                    "record_id": row.record_id,
                    "province": row.province,
                    "unit": row.unit,
                    "desk": desk,
                    "status": "open",
                    "work_class": work_class,
                    "since": row.updated_at,
                    "level": 0,
                    "touched": 0,
                }
            )
        if made:
            connection.execute(sa.insert(items), made)
    if found:
        key = ("unit", "measure", "desk", "since", "province")
        connection.execute(
            sa.insert(counts),
            [{**dict(zip(key, one, strict=True)), "records": number} for one, number in found.items()],
        )


def _class_of(state: str, reason: str) -> str | None:
    if state == "incomplete":
        missing = reason.endswith("-missing") or reason.startswith(("name-", "nationality-", "doses-none"))
        return "missing-field" if missing else "implausible"
    if state == "mismatched":
        return FIELDS.get(reason.partition(":")[2], "mismatch-several")
    if state == "awaiting_match":
        return "attestation" if reason == "attestation-needed" else None
    return PLAIN.get(state)


def _local_day(instant: str) -> str:
    return (datetime.fromisoformat(instant.replace("Z", "+00:00")) + timedelta(hours=7)).date().isoformat()
