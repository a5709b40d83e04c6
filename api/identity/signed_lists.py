"""Taking a list in that police signed: whose word it is first, then row by row what it says."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, select, update

from api.accounts.staff import POLICE, Staff, police_places, refuse_place, roles_from_text, units_above
from api.audit import record_act
from api.auth import read_certificate
from api.config import Settings
from api.errors import CentreError
from api.identity.list_file import MAX_FILE, FilledList, FilledRow, ListHead, read_list
from api.identity.lists import close_list, load_list
from api.identity.opening import targets_of
from api.identity.police_words import ListWord, apply_row
from api.identity.row_words import words_of
from api.signing.authorities import is_stale
from api.store.locks import lock_records
from api.store.schema import tokens, units
from api.store.schema_accounts import accounts
from api.store.schema_identity import identity_list_rows, identity_words
from api.store.transactions import Turn, again, writing
from certificates.errors import RecordError
from certificates.pki import SigningCertificate
from certificates.records.model import instant_from_text, instant_to_text
from certificates.signed_file import FileSignature, read_file_signature

CLOCKS: Final = timedelta(minutes=5)  # that police's clock may be ahead


@dataclass(frozen=True, slots=True, kw_only=True)
class RowOutcome:
    """What became of one row. ``row`` as the station numbered it; ``state`` is the record's, if the row was applied."""

    row: int
    record_id: str
    outcome: str  # applied, unchanged, refused
    reason: str | None
    state: str | None

    def to_dict(self) -> dict[str, Any]:
        return {
            "row": self.row,
            "record": self.record_id,
            "outcome": self.outcome,
            "reason": self.reason,
            "state": self.state,
            **self._why(),
        }

    def _why(self) -> dict[str, str]:
        if self.outcome != "refused" or self.reason is None:
            return {}
        vietnamese, english = words_of(self.reason)
        return {"why_vi": vietnamese, "why_en": english}


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedList:
    """A list that was taken in, and both who answer for it."""

    list_id: str
    unit: str
    vouched_by: str
    police_by: str
    police_unit: str
    rows: tuple[RowOutcome, ...]

    @property
    def outcomes(self) -> Mapping[str, int]:
        return dict(Counter(row.outcome for row in self.rows))

    def to_dict(self) -> dict[str, Any]:
        return {
            "list": self.list_id,
            "unit": self.unit,
            "vouched_by": self.vouched_by,
            "police": self.police_by,
            "police_unit": self.police_unit,
            "outcomes": dict(self.outcomes),
            "rows": [row.to_dict() for row in self.rows],
        }


@again
def apply_list(
    engine: Engine,
    settings: Settings,
    file: bytes,
    cms: bytes,
    *,
    by: str,
    at: datetime,
    staff: Staff | None = None,
) -> AppliedList:
    """Take a signed list in: all of its rows in one transaction, each with its outcome, once.

    The file must be, but for the columns of police, what this service wrote; the signature that of an enrolled,
    unsuspended token of police who answer for the unit's persons.

    Args:
        file: the XLSX as it was signed.
        cms: the detached signature (`certificates.signed_file`).
        by: who hands it in; the words in it are of whoever signed.
        staff: that person, where one logged in: the unit must be in their scope.

    Raises CertificateError ``file-cms``, ``file-content``, ``file-signature``; RecordError ``list-form``; CentreError
    ``list-unknown``, ``list-closed``, ``list-changed`` (``fields``: rows, as the file numbers them), ``list-signer``
    (not enrolled, or not of police), ``list-account`` (whoever signed has no account of police of that unit),
    ``token-suspended``, ``certificate-ended``, ``list-time``, ``list-unchecked``, ``place``.
    """
    if len(file) > MAX_FILE:
        raise RecordError("list-form", "the file is too large for a list")
    signature = read_file_signature(cms, file)
    filled = read_list(file)
    with writing(engine, Turn.CORRECTION) as connection:
        found = load_list(connection, filled.list_id)
        if staff is not None:
            refuse_place(connection, staff, found.unit)
        rows = connection.execute(
            select(identity_list_rows)
            .where(identity_list_rows.c.list_id == found.list_id)
            .order_by(identity_list_rows.c.row_number)
        ).all()
        by_record = _refuse_changes(found, filled, {row.record_id: row.cells for row in rows})
        police_unit = _refuse_signer(connection, signature, found, settings=settings, at=at)
        lock_records(connection, list(by_record))
        close_list(
            connection,
            found.list_id,
            "applied",
            by=by,
            at=at,
            police_by=signature.account,
            police_unit=police_unit,
            fingerprint=signature.fingerprint,
            signed_at=instant_to_text(signature.signed_at),
            cms=cms,
            file=file,
        )
        word = ListWord(
            list_id=found.list_id,
            province=found.province,
            file_digest=signature.digest,
            fingerprint=signature.fingerprint,
            police_by=signature.account,
            police_unit=police_unit,
            vouched_by=found.vouched_by,
            vouched_unit=found.vouched_unit,
            said_at=signature.signed_at,
            at=at,
            targets=targets_of(settings),
        )
        outcomes = tuple(_apply(connection, row, by_record[row.record_id], word) for row in rows)
        counts = Counter(outcome.outcome for outcome in outcomes)
        told = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
        record_act(connection, at=at, actor=by, act="list-applied", subject=found.list_id, reason=told)
    return AppliedList(
        list_id=found.list_id,
        unit=found.unit,
        vouched_by=found.vouched_by,
        police_by=signature.account,
        police_unit=police_unit,
        rows=outcomes,
    )


def show_rows(engine: Engine, list_id: str) -> list[dict[str, Any]]:
    """What became of each row of a list. Raises CentreError ``list-unknown``."""
    with engine.connect() as connection:
        load_list(connection, list_id)
        rows = connection.execute(
            select(identity_list_rows)
            .where(identity_list_rows.c.list_id == list_id)
            .order_by(identity_list_rows.c.row_number)
        )
        return [
            {
                "row": row.row_number,
                "record": row.record_id,
                "class": row.list_class,
                "outcome": row.outcome,
                "reason": row.reason,
            }
            for row in rows
        ]


def show_words(engine: Engine, record_id: str) -> list[dict[str, Any]]:
    """What police have said of a record's person, and who answers: one of police, and one of health for the doses."""
    with engine.connect() as connection:
        rows = connection.execute(
            select(identity_words).where(identity_words.c.record_id == record_id).order_by(identity_words.c.said_at)
        )
        return [
            {
                "list": row.list_id,
                "record": row.record_id,
                "version": row.version,
                "conclusion": row.conclusion,
                "police": row.police_by,
                "police_unit": row.police_unit,
                "vouched_by": row.health_by,
                "vouched_unit": row.health_unit,
                "said_at": row.said_at,
            }
            for row in rows
        ]


def _refuse_changes(found: Any, filled: FilledList, known: Mapping[str, bytes]) -> dict[str, FilledRow]:
    """The rows that came back, by record: each that went out, once, as it went out."""
    head = ListHead(list_id=found.list_id, unit=found.unit, made_at=found.made_at, vouched_by=found.vouched_by)
    wrong = [row.number for row in filled.rows if known.get(row.record_id) != row.digest]
    by_record = {row.record_id: row for row in filled.rows}
    if filled.head != head.cells or wrong or len(by_record) != len(filled.rows) or by_record.keys() != known.keys():
        places = tuple(f"row {number}" for number in wrong[:20])
        raise CentreError("list-changed", "more was changed than the columns of police", fields=places)
    return by_record


def _refuse_signer(
    connection: Connection, signature: FileSignature, found: Any, *, settings: Settings, at: datetime
) -> str:
    """The unit of the token that signed, which answers for the persons of the list."""
    token = connection.execute(
        select(tokens.c.certificate, tokens.c.unit, tokens.c.suspended_at, units.c.kind)
        .join(units, units.c.code == tokens.c.unit)
        .where(tokens.c.fingerprint == signature.fingerprint)
    ).one_or_none()
    if token is None or token.kind != POLICE:
        raise CentreError("list-signer", "the token that signed is not enrolled for a police unit")
    certificate: SigningCertificate = read_certificate(token.certificate)
    signature.verify(certificate)
    if token.suspended_at is not None:
        raise CentreError("token-suspended")
    if not certificate.not_before <= signature.signed_at <= certificate.not_after:
        raise CentreError("certificate-ended")
    if not instant_from_text(found.made_at) <= signature.signed_at <= at + CLOCKS:
        raise CentreError("list-time", "it was signed before it was made, or in the future")
    if is_stale(connection, signature.fingerprint, settings=settings, now=at):
        raise CentreError("list-unchecked", "its authority has not said lately whether the certificate stands")
    if not police_places(connection, token.unit).intersection(units_above(connection, found.unit)):
        raise CentreError("place", "these police do not answer for persons of this unit")
    _refuse_account(connection, signature.account, token.unit)
    return str(token.unit)


def _refuse_account(connection: Connection, account: str, unit: str) -> None:
    person = connection.execute(
        select(accounts.c.unit, accounts.c.roles).where(accounts.c.account == account, accounts.c.disabled_at.is_(None))
    ).one_or_none()
    if person is None or "police" not in roles_from_text(person.roles):
        raise CentreError("list-account", "who signed has no account of police")
    if person.unit not in units_above(connection, unit):
        raise CentreError("list-account", "who signed is of other police than the token")


def _apply(connection: Connection, row: Any, filled: FilledRow, word: ListWord) -> RowOutcome:
    state: str | None = None
    try:
        moved = apply_row(connection, row.record_id, row.version, filled, word)
        outcome, reason = ("unchanged", None) if moved is None else ("applied", moved.reason)
        state = None if moved is None else moved.state.value
    except RecordError as error:
        outcome, reason = "refused", error.code
    connection.execute(
        update(identity_list_rows)
        .where(identity_list_rows.c.list_id == row.list_id, identity_list_rows.c.row_number == row.row_number)
        .values(outcome=outcome, reason=reason)
    )
    return RowOutcome(row=row.row_number, record_id=row.record_id, outcome=outcome, reason=reason, state=state)
