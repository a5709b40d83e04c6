"""What must add up in the evening: nothing lost, nothing doubled, and the log whole."""

from collections import Counter
from typing import Any

from sqlalchemy import Connection, func, select

from api.audit import verify_log
from api.states import RecordState, class_of
from api.store.recount import find_differences
from api.store.schema import confirmations, import_rows, passports, record_versions, records, revoked_passports
from api.store.schema_complaints import complaints
from api.store.schema_worklists import work_closings, work_items
from bench.province.day import Day


def check_totals(day: Day) -> dict[str, Any]:
    """Count everything anew from the tables. Raises AssertionError where something does not add up."""
    with day.engine.connect() as connection:
        rows = _by(connection, import_rows.c.outcome)
        states = _by(connection, records.c.state)
        stand = connection.execute(select(records.c.record_id, records.c.state, records.c.reason)).all()
        came_from = set(
            connection.execute(
                select(import_rows.c.record_id).where(import_rows.c.outcome == "accepted").distinct()
            ).scalars()
        )
        first = (record_versions.c.version == 1) & record_versions.c.why.startswith("complaint:")
        entered = set(connection.execute(select(record_versions.c.record_id).where(first)).scalars())
        worked_on = set(connection.execute(select(work_items.c.record_id)).scalars())
        settled = set(connection.execute(select(work_closings.c.record_id)).scalars())
        signed = connection.execute(select(passports.c.record_id, passports.c.version, passports.c.state)).all()
        vouched = set(connection.execute(select(confirmations.c.record_id, confirmations.c.version)).tuples())
        revoked = connection.execute(select(func.count()).select_from(revoked_passports)).scalar_one()
        said = _by(connection, complaints.c.state)
        versions = connection.execute(select(func.count()).select_from(record_versions)).scalar_one()
        wrong_counts = find_differences(connection)
    assert rows.total() == day.figures["rows_written"] == rows["accepted"] + rows["duplicate"] + rows["refused"]
    assert states.total() == len(stand) == len({row.record_id for row in stand})
    assert {row.record_id for row in stand} == came_from | entered == set(day.person_of)
    assert len(entered) == day.figures.get("entered_by_complaints", 0)
    assert set(states) <= {state.value for state in RecordState}
    to_be_mended = {row.record_id for row in stand if class_of(row.state, row.reason) is not None}
    assert to_be_mended <= worked_on | settled, to_be_mended - worked_on - settled
    per_record = Counter(row.record_id for row in signed)
    assert max(per_record.values(), default=0) <= 1
    assert all((row.record_id, row.version) in vouched for row in signed)
    issued = sum(row.state == "issued" for row in signed)
    assert states["issued"] + states["revoked"] == issued
    assert states["revoked"] == revoked
    ready = {row.record_id for row in stand if row.state == "ready"}
    taken_back = sum(record_id in ready for record_id, _ in vouched)  # the word of a token that was suspended
    assert states["confirmed"] + len(signed) + taken_back == len(vouched)
    assert said.total() == sum(day.figures["complaints"].values()) + day.figures["complaints_over_http"]
    assert wrong_counts == {}, wrong_counts
    head = verify_log(day.engine)
    return {
        "rows": dict(rows),
        "records": len(stand),
        "versions": versions,
        "states": dict(states.most_common()),
        "confirmations": len(vouched),
        "passports": issued,
        "complaints": dict(said),
        "acts_in_the_log": head.sequence,
        "counts_by_unit": "equal a recount",
        "log": "whole",
    }


def _by(connection: Connection, column: Any) -> Counter[str]:
    return Counter(dict(connection.execute(select(column, func.count()).group_by(column)).tuples().all()))
