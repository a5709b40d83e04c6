"""What a signing job is made of, read back from the database, and the bytes that its key shall sign."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from types import SimpleNamespace
from typing import Any

import orjson
from sqlalchemy import Connection, Row, Select, and_, select

from api.store.arrays import one_of_named
from api.store.schema import confirmations, evidence, intents, record_versions, records, tokens
from certificates.cose import CoseSign1, decode_cose_sign1
from certificates.errors import RecordError
from certificates.issuance import Terms, ToBeSigned, prepare_confirmation, prepare_passport
from certificates.jobs import Task
from certificates.pki import SigningCertificate
from certificates.records.model import (
    VaccinationRecord,
    VerifiedRecord,
    evidence_from_dict,
    instant_from_text,
)
from certificates.records.verification import verify

VersionRow = Row[Any] | SimpleNamespace  # of `select_versions`, or with the same names


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One version of a record that passed every check again, with the terms of its passport."""

    record: VerifiedRecord
    terms: Terms
    confirmation: CoseSign1 | None
    confirmed_by: bytes | None

    def prepare(self, task: Task, certificate: SigningCertificate) -> ToBeSigned:
        """The message for this task. Raises IssuanceError or RecordError."""
        if task == "confirm":
            return prepare_confirmation(self.record, self.terms, certificate)
        return prepare_passport(self.record, self.terms, certificate)


def next_year(instant: datetime) -> datetime:
    """Twelve months later; 29 February becomes 28 February."""
    if (instant.month, instant.day) == (2, 29):
        instant = instant.replace(day=28)
    return instant.replace(year=instant.year + 1)


def select_versions() -> Select[Any]:
    """Versions of records with evidence, intent and confirmation where they exist; the caller adds a ``where``."""

    def same(table: Any) -> Any:
        return and_(
            table.c.record_id == record_versions.c.record_id,
            table.c.version == record_versions.c.version,
            table.c.province == record_versions.c.province,
        )

    return (
        select(
            record_versions.c.record_id,
            record_versions.c.version,
            record_versions.c.province,
            record_versions.c.document,
            record_versions.c.digest,
            record_versions.c.made_by,
            records.c.version.label("newest"),
            records.c.state,
            evidence.c.document.label("evidence"),
            intents.c.uvci,
            intents.c.issued_at,
            intents.c.expires_at,
            intents.c.issuer,
            intents.c.country,
            confirmations.c.cose.label("confirmation"),
            confirmations.c.fingerprint.label("confirmed_by"),
            tokens.c.suspended_at.label("confirmer_suspended_at"),
        )
        .join(records, records.c.record_id == record_versions.c.record_id)
        .outerjoin(evidence, same(evidence))
        .outerjoin(intents, same(intents))
        .outerjoin(confirmations, same(confirmations))
        .outerjoin(tokens, tokens.c.fingerprint == confirmations.c.fingerprint)
    )


def read_versions(connection: Connection, keys: Sequence[tuple[str, int]]) -> dict[tuple[str, int], Row[Any]]:
    """Rows of `select_versions` by record id and version."""
    wanted = set(keys)
    rows = connection.execute(_versions(connection.dialect.name), {"ids": list({record_id for record_id, _ in keys})})
    return {key: row for row in rows.all() if (key := (row.record_id, row.version)) in wanted}


@cache
def _versions(dialect: str) -> Select[Any]:
    return select_versions().where(one_of_named(dialect, record_versions.c.record_id, "ids"))


def verify_row(row: VersionRow, *, today: date) -> VerifiedRecord:
    """Make every check of the record again.

    Raises:
        RecordError: ``record-form`` (a stored document is damaged), ``record-digest`` (it was changed),
            ``evidence-missing``, and what `certificates.records.verification` raises.
    """
    record = VaccinationRecord.from_dict(_load(row.document))
    if record.digest != row.digest or (record.record_id, record.version) != (row.record_id, row.version):
        raise RecordError("record-digest", "the stored record is not the one that was entered")
    if row.evidence is None:
        raise RecordError("evidence-missing", "nothing proves whose record this is")
    return verify(record, evidence_from_dict(_load(row.evidence)), today=today)


def terms_of(row: VersionRow) -> Terms:
    """The terms that were stored before anybody signed."""
    return Terms(
        uvci=row.uvci,
        issued_at=instant_from_text(row.issued_at),
        expires_at=instant_from_text(row.expires_at),
        issuer=row.issuer,
        country=row.country,
    )


def work_of(row: VersionRow, *, today: date) -> Work:
    """Read a row of `select_versions` that has an intent. Raises like `verify_row`, and CheckError."""
    return Work(
        record=verify_row(row, today=today),
        terms=terms_of(row),
        confirmation=None if row.confirmation is None else decode_cose_sign1(row.confirmation),
        confirmed_by=row.confirmed_by,
    )


def _load(document: str) -> Any:
    try:
        return orjson.loads(document)
    except ValueError as error:
        raise RecordError("record-form", "a stored document is damaged") from error
