"""The counts once more, from the records themselves: what `api.store.counts` must agree with. Reads everything."""

import json
from collections import Counter
from typing import Final

from sqlalchemy import Connection, func, literal, select

from api.complaints.counting import COUNTED, keys_of_complaint
from api.complaints.kinds import UNDECIDED
from api.states import RecordState
from api.store.counts import Key, read_counts
from api.store.coverage import COMPLAINTS, RECOVERED, RESIDENTS, STOCK, coverage_keys
from api.store.moves import CLOSED, Item, Standing, keys_of
from api.store.schema import records
from api.store.schema_complaints import complaint_events, complaints
from api.store.schema_intake import recoveries
from api.store.schema_oversight import residents
from api.store.schema_revoking import deliveries, dose_changes, dose_counts
from api.store.schema_worklists import work_closings, work_items, work_rechecks
from certificates.records.model import VaccinationRecord

CHECKED: Final = "rechecked"  # with what came of it: rechecked:ok, rechecked:wrong-person ...
_ITEM: Final = ("desk", "status", "work_class", "level", "touched")


def recount(connection: Connection) -> Counter[Key]:
    """All counts, counted. One pass over the records; the database adds up."""
    found: Counter[Key] = Counter()
    place = (records.c.province, records.c.unit, records.c.state, records.c.reason)
    item = (*(work_items.c[name] for name in _ITEM), work_items.c.since)
    rows = connection.execute(
        select(*place, *item, func.count().label("records"))
        .outerjoin_from(records, work_items, work_items.c.record_id == records.c.record_id)
        .group_by(*place, *item)
    )
    for row in rows:
        standing = Standing(
            record_id="", province=row.province, version=0, unit=row.unit, state=row.state, reason=row.reason
        )
        there = None
        if row.desk is not None:
            there = Item(
                record_id="",
                province=row.province,
                unit=row.unit,
                since=row.since,
                **{name: row._mapping[name] for name in _ITEM},
            )
        for key in keys_of(standing, there):
            found[key] += row.records
    recount_oversight(connection, found)
    closed = (work_closings.c.province, work_closings.c.unit)
    for province, unit, number in connection.execute(select(*closed, func.count()).group_by(*closed)):
        found[Key(province, unit, CLOSED)] += number
    checked = (work_rechecks.c.province, work_rechecks.c.unit, work_rechecks.c.result, work_rechecks.c.error_class)
    for province, unit, result, error, number in connection.execute(select(*checked, func.count()).group_by(*checked)):
        found[Key(province, unit, "drawn")] += number
        if result is not None:
            found[Key(province, unit, f"{CHECKED}:{error or result}")] += number
    return found


def recount_oversight(connection: Connection, found: Counter[Key]) -> None:
    """Add what is counted for oversight: doses, residents, recovered cases, complaints."""
    documents = select(records.c.document, records.c.province).where(records.c.state != RecordState.JOINED.value)
    for row in connection.execute(documents, execution_options={"yield_per": 1000}):
        found.update(coverage_keys(VaccinationRecord.from_dict(json.loads(row.document)), row.province))
    for table, measure, number in (
        (residents, literal(RESIDENTS) + residents.c.band, func.sum(residents.c.people)),
        (recoveries, literal(RECOVERED), func.count()),
        (deliveries, literal(f"{STOCK}delivered"), func.sum(deliveries.c.doses)),
        *(
            (table, literal(f"{STOCK}{what}"), func.sum(table.c[what]))
            for table in (dose_counts, dose_changes)
            for what in ("given", "issued")
        ),
        (complaint_events, literal(COMPLAINTS) + complaint_events.c.act, func.count()),
    ):
        place = (table.c.province, table.c.unit)
        query = select(*place, measure.label("measure"), number.label("number"))
        for row in connection.execute(query.group_by(*place, "measure")):
            asked = not row.measure.startswith(COMPLAINTS) or row.measure.removeprefix(COMPLAINTS) in COUNTED
            if asked and row.number:
                found[Key(row.province, row.unit, row.measure)] += row.number
    standing = (complaints.c.province, complaints.c.unit, complaints.c.state, complaints.c.marks)
    for province, unit, state, marks in connection.execute(select(*standing).where(complaints.c.state.in_(UNDECIDED))):
        found.update(keys_of_complaint((province, unit, state, marks)))


def find_differences(connection: Connection) -> dict[Key, tuple[int, int]]:
    """Where the kept counts and the records disagree: what is kept, what is true. Empty: they agree."""
    kept, true = read_counts(connection), recount(connection)
    return {key: (kept[key], true[key]) for key in {*kept, *true} if kept[key] != true[key]}
