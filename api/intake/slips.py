"""Claim codes: the second secret of a citizen, printed on a paper slip and kept here as a keyed hash only."""

import csv
from datetime import datetime
from typing import Final, TextIO

from sqlalchemy import Engine, insert, select

from api.audit import record_act
from api.passports.claims import hash_claim_code, new_claim_code
from api.store.records import stored_record
from api.store.schema import claim_codes, records
from api.store.transactions import Turn, writing
from certificates.records.model import instant_to_text

BATCH: Final = 500
HEADER: Final = ("name", "record", "code")
_FORMULA: Final = ("=", "+", "-", "@")


def write_slips(
    engine: Engine, secret: bytes, out: TextIO, *, by: str, at: datetime, unit: str | None = None, new: bool = False
) -> int:
    """Make a code for every record that has none, and write the slips as CSV (name, record, code).

    The codes exist in clear in this output only and cannot be printed again; ``new`` gives new ones to all records, and
    the old ones end. A batch is written to ``out`` before it is stored: what breaks off in between is a slip whose code
    does not work and is made again, never a stored code that nobody has.

    Args:
        secret: the service's secret (`api.config.load_secret`).
        unit: only the records of this unit.

    Returns:
        The number of slips.
    """
    writer = csv.writer(out)
    writer.writerow(HEADER)
    count, last = 0, ""
    while True:
        query = select(records).where(records.c.record_id > last).order_by(records.c.record_id).limit(BATCH)
        if unit is not None:
            query = query.where(records.c.unit == unit)
        if not new:
            query = query.where(records.c.record_id.not_in(select(claim_codes.c.record_id)))
        with writing(engine, Turn.ALONE) as connection:
            rows = connection.execute(query).all()
            if not rows:
                break
            last = rows[-1].record_id
            kept = []
            for stored in map(stored_record, rows):
                record_id, code = stored.record.record_id, new_claim_code()
                writer.writerow((_plain(stored.record.person.full_name), record_id, code))
                kept.append(
                    {
                        "record_id": record_id,
                        "province": stored.province,
                        "code_hash": hash_claim_code(secret, record_id, code),
                        "failures": 0,
                        "made_at": instant_to_text(at),
                    }
                )
            out.flush()
            if new:
                connection.execute(
                    claim_codes.delete().where(claim_codes.c.record_id.in_([row["record_id"] for row in kept]))
                )
            connection.execute(insert(claim_codes), kept)
            count += len(kept)
            record_act(
                connection,
                at=at,
                actor=by,
                act="claim-codes-printed",
                subject=unit or "all units",
                reason=f"{len(kept)} slips" + (", replacing older ones" if new else ""),
            )
    return count


def _plain(text: str) -> str:
    """A name that a spreadsheet cannot take for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
