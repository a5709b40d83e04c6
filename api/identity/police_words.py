"""One row of a signed list: what police say of a person, and where the record stands then.

Health vouches for the doses, police for the person: two people, who are both named in what is kept.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, insert, select

from api.accounts.staff import roles_from_text
from api.audit import record_act
from api.identity import outbox
from api.identity.conclusions import Conclusion, read_conclusion
from api.identity.corrections import correct_in
from api.identity.list_file import FilledRow
from api.identity.lists import ASKED, LISTED
from api.identity.opening import Target
from api.identity.proofs import Proof, ProofKind
from api.intake.cells import read_id_number
from api.intake.texts import clean_cell
from api.states import RecordState
from api.store.moves import Move, close_item, move, read_items, read_standings
from api.store.records import StoredRecord, load_record, write_evidence
from api.store.schema import record_versions
from api.store.schema_accounts import accounts
from api.store.schema_identity import identity_words
from api.worklists.attempts import HandBackReason, back_to_station
from api.worklists.steps import StepKind, Work, add_step
from certificates.errors import RecordError
from certificates.records.dates import local_day
from certificates.records.model import PoliceWord, instant_to_text
from certificates.records.verification import HOME, same_account, verify_with_police

_SAID: Final[Mapping[Conclusion, tuple[RecordState, str]]] = {
    Conclusion.WRONG: (RecordState.MISMATCHED, "police-wrong"),
    Conclusion.NOT_FOUND: (RecordState.UNVERIFIABLE, "police-not-found"),
    Conclusion.DECEASED: (RecordState.DECEASED, "police-deceased"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListWord:
    """Whose word a list is: a person at the token of a police unit, and who of health made the list.

    ``targets``: who is told of persons that police confirm.
    """

    list_id: str
    province: str
    file_digest: bytes
    fingerprint: bytes
    police_by: str
    police_unit: str
    vouched_by: str
    vouched_unit: str
    said_at: datetime
    at: datetime
    targets: Collection[Target] = ()

    @property
    def actor(self) -> str:
        return f"{self.police_by}@{self.police_unit}"

    @property
    def why(self) -> str:
        return f"police-list:{self.list_id}"


def apply_row(
    connection: Connection, record_id: str, version: int, filled: FilledRow, word: ListWord
) -> StoredRecord | None:
    """Do what the row says; returns the record as it stands then, or None where police left the row open.

    Raises RecordError, before anything is written: ``conclusion-unknown``, ``conclusion-missing`` (something is filled
    in without a conclusion), ``conclusion-empty`` (corrected, but nothing is filled in), ``conclusion-contradiction``
    (filled in, but not corrected), ``version-moved`` (the record has a newer version), ``record-state``,
    ``word-same-person``, and those of `correct_in` and `verify_with_police`.
    """
    conclusion = read_conclusion(filled.conclusion)
    if conclusion is None:
        if filled.answers:
            raise RecordError("conclusion-missing", "police filled something in, but did not conclude")
        return None
    if conclusion is Conclusion.CORRECTED and not filled.answers:
        raise RecordError("conclusion-empty", "police correct, but do not say what is right")
    if conclusion is not Conclusion.CORRECTED and filled.answers:
        raise RecordError("conclusion-contradiction", "police fill in what is right, but do not correct")
    stored = load_record(connection, record_id, lock=True)
    if stored is None or stored.record.version != version:
        raise RecordError("version-moved", "the record was changed after the list was made")
    if stored.state not in LISTED:
        raise RecordError("record-state", "the record does not wait for police any more")
    _refuse_same_person(connection, stored, word)
    if conclusion is Conclusion.CORRECTED:
        moved = correct_in(
            connection,
            record_id,
            _changes(filled),
            by=word.actor,
            why=word.why,
            at=word.at,
            proof=Proof(kind=ProofKind.POLICE, reference=word.list_id),
            settles=(RecordState.REGISTER_DISPUTED,),
        )
    elif conclusion is Conclusion.CONFIRMED:
        moved = _confirm(connection, stored, word)
    else:
        moved = _say(connection, stored, conclusion, word)
    _clear_desk(connection, moved, conclusion, word)
    connection.execute(
        insert(identity_words).values(
            list_id=word.list_id,
            province=stored.province,
            record_id=record_id,
            version=moved.record.version,
            conclusion=conclusion.value,
            health_by=word.vouched_by,
            health_unit=word.vouched_unit,
            police_by=word.police_by,
            police_unit=word.police_unit,
            said_at=instant_to_text(word.said_at),
        )
    )
    record_act(
        connection,
        at=word.at,
        actor=word.actor,
        act=f"police-{conclusion.value}",
        subject=record_id,
        reason=f"{word.list_id}, {word.vouched_by}@{word.vouched_unit}",
    )
    return moved


def _refuse_same_person(connection: Connection, stored: StoredRecord, word: ListWord) -> None:
    """Whoever entered, corrected or vouched for the record is not its police, unless they did it as police."""
    made = connection.execute(
        select(record_versions.c.made_by, record_versions.c.why).where(
            record_versions.c.record_id == stored.record.record_id
        )
    ).all()
    names = {row.made_by.partition("@")[0] for row in made}
    people = select(accounts.c.account, accounts.c.unit, accounts.c.roles).where(accounts.c.account.in_(names))
    known: dict[str, str] = {}
    for person in connection.execute(people):
        known |= dict.fromkeys((person.account, f"{person.account}@{person.unit}"), person.roles)
    others = [word.vouched_by, *(dose.entered_by for dose in stored.record.doses)]
    for row in made:
        roles = roles_from_text(known.get(row.made_by, ""))
        as_police = row.why != "import" and "police" in roles and "clerk" not in roles
        if not as_police:
            others += [row.made_by, row.made_by.rpartition("@")[0]]
    if same_account(word.police_by, *filter(None, others)):
        raise RecordError("word-same-person", "who vouches for the doses cannot vouch for the person")


def _confirm(connection: Connection, stored: StoredRecord, word: ListWord) -> StoredRecord:
    evidence = PoliceWord(
        person_digest=stored.record.person.digest,
        list_id=word.list_id,
        file_digest=word.file_digest,
        fingerprint=word.fingerprint,
        attested_by=word.police_by,
        unit=word.police_unit,
        vouched_by=word.vouched_by,
        vouched_unit=word.vouched_unit,
        said_at=word.said_at,
    )
    verify_with_police(stored.record, evidence, today=local_day(word.at))
    if stored.state is not RecordState.REGISTER_DISPUTED:
        record_act(connection, at=word.at, actor=word.actor, act="register-disputed", subject=stored.record.record_id)
    _move(connection, stored, RecordState.READY, None, word)
    write_evidence(connection, stored.record, evidence, province=stored.province, at=word.at)
    outbox.put(connection, [stored], word.targets, basis="police", at=word.at)
    return replace(stored, state=RecordState.READY, reason=None)


def _say(connection: Connection, stored: StoredRecord, conclusion: Conclusion, word: ListWord) -> StoredRecord:
    """A record that could not even be asked about stays incomplete, unless the person died."""
    state, reason = _SAID[conclusion]
    if stored.state not in ASKED and state is not RecordState.DECEASED:
        return stored
    _move(connection, stored, state, reason, word)
    return replace(stored, state=state, reason=reason)


def _move(connection: Connection, stored: StoredRecord, state: RecordState, reason: str | None, word: ListWord) -> None:
    there = Move(record_id=stored.record.record_id, state=state.value, reason=reason)
    move(connection, [there], at=word.at, by=word.actor)


def _clear_desk(connection: Connection, moved: StoredRecord, conclusion: Conclusion, word: ListWord) -> None:
    """What police have said stands in the record's history, and the record leaves their desk for where it belongs."""
    record_id = moved.record.record_id
    standing = read_standings(connection, [record_id])[record_id]
    item = read_items(connection, [record_id]).get(record_id)
    kind, code, value = StepKind.SETTLED, f"police-{conclusion.value}", ""
    if conclusion is Conclusion.CORRECTED:
        kind, code, value = StepKind.CORRECTED, ProofKind.POLICE.value, str(moved.record.version)
        if item is not None and item.status != "waiting":  # something else is still missing
            back_to_station(connection, Work(standing=standing, item=item), at=word.at)
    elif item is not None and moved.state in (RecordState.UNVERIFIABLE, RecordState.DECEASED):
        close_item(connection, standing, item, kind="settled", by=word.actor, at=word.at)
    elif item is not None:
        kind, code = StepKind.HANDED_BACK, HandBackReason.DATA_WRONG.value
        back_to_station(connection, Work(standing=standing, item=item), at=word.at)
    add_step(
        connection,
        standing,
        kind=kind,
        code=code,
        value=value,
        account=word.police_by,
        unit=word.police_unit,
        at=word.at,
    )


def _changes(filled: FilledRow) -> dict[str, str]:
    changes: dict[str, str] = {}
    for field, cell in filled.answers.items():
        text = clean_cell(cell, None, [])
        if field == "id_number" and not isinstance(cell, str):
            _, number = read_id_number(text, HOME, was_number=True, notes=[])
            text = number or text
        changes[field] = text
    return changes
