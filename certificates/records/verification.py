"""From a record to a VerifiedRecord: complete, plausible, and its person confirmed. The only place that makes one."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, Literal

from certificates.countries import COUNTRIES
from certificates.errors import RecordError
from certificates.records.citizen_id import identify
from certificates.records.model import (
    _PROOF,
    Attestation,
    Evidence,
    IdKind,
    Person,
    PoliceWord,
    RegisterAnswer,
    RegisterStatus,
    VaccinationRecord,
    VerifiedRecord,
)
from certificates.records.names import DIRECTION_MARKS, clean, comparable, split_parts, transliterate
from certificates.records.plausibility import find_dose_faults

HOME: Final = "VN"
_ITEMS: Final = ("full_name", "date_of_birth", "sex", "id_number")  # of a register's answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A mandatory field (letter 8938/BYT-DP) that is missing or unusable. ``field`` is a name of `Person`."""

    field: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Triage:
    """Where an entered record goes next. ``reason`` is the code of the first thing to put right, or for a foreigner
    ``attestation-needed``; None when nothing but the register's answer is missing."""

    state: Literal["incomplete", "malformed_id", "awaiting_match"]
    reason: str | None


def find_gaps(person: Person) -> tuple[Gap, ...]:
    """Everything missing: full name, date of birth, sex, identity number, nationality. Empty: the person is complete.

    Codes: ``name-missing``, ``name-characters`` (controls, direction marks), ``name-parts`` (the fields for family and
    given name say something else than the full name, which is what the register confirms), ``name-empty``,
    ``name-letters`` (not all of it has a passport's letters), ``date-of-birth-missing``, ``sex-missing``,
    ``nationality-unknown``, ``id-number-missing``, those of `citizen_id.identify`, and ``citizen-id-kind`` where the
    number is none of the kind that stands beside it, or not in its plain form.
    """
    gaps = [*_name_gaps(person.full_name, person.family_name, person.given_name)]
    if person.date_of_birth is None:
        gaps.append(Gap(field="date_of_birth", code="date-of-birth-missing"))
    if person.sex is None:
        gaps.append(Gap(field="sex", code="sex-missing"))
    if person.nationality not in COUNTRIES:
        gaps.append(Gap(field="nationality", code="nationality-unknown"))
    return (*gaps, *_id_gaps(person))


def triage(record: VaccinationRecord, *, today: date) -> Triage:
    """The state of a record that was just entered or corrected: what letter 2262/BYT-CNTT sends back to the station, or
    ready to be asked about."""
    gaps = find_gaps(record.person)
    malformed = next((gap.code for gap in gaps if gap.code.startswith("citizen-id-")), None)
    if malformed is not None:
        return Triage(state="malformed_id", reason=malformed)
    if gaps:
        return Triage(state="incomplete", reason=gaps[0].code)
    for fault in find_dose_faults(record, today=today):
        if fault.blocking:
            return Triage(state="incomplete", reason=fault.code)
    return Triage(state="awaiting_match", reason=None if record.person.nationality == HOME else "attestation-needed")


def verify(record: VaccinationRecord, evidence: Evidence, *, today: date) -> VerifiedRecord:
    """`verify_with_register`, `verify_with_attestation` or `verify_with_police`, by the kind of the evidence."""
    if isinstance(evidence, RegisterAnswer):
        return verify_with_register(record, evidence, today=today)
    if isinstance(evidence, PoliceWord):
        return verify_with_police(record, evidence, today=today)
    return verify_with_attestation(record, evidence, today=today)


def verify_with_register(record: VaccinationRecord, answer: RegisterAnswer, *, today: date) -> VerifiedRecord:
    """The record, confirmed by the register.

    Raises RecordError: ``evidence-other-person``, ``evidence-future``, ``register-no-answer``, ``register-deceased``,
    ``register-merged``, ``register-mismatch`` (``fields``: which of the four items), ``record-incomplete`` (``fields``;
    ``detail`` is the first gap's code), ``record-implausible`` (``detail`` is the dose fault's code).
    """
    _check_evidence(record, answer.person_digest, answer.answered_at.date(), today)
    if answer.status is not RegisterStatus.FOUND:
        raise RecordError(
            "register-" + answer.status.value.replace("_", "-"), "the register does not confirm this person"
        )
    items = (answer.name, answer.date_of_birth, answer.sex, answer.id_number)
    differing = tuple(name for name, agrees in zip(_ITEMS, items, strict=True) if agrees is not True)
    if differing:
        raise RecordError("register-mismatch", "the register says otherwise", fields=differing)
    return _prove(record, answer, today)


def verify_with_attestation(record: VaccinationRecord, attestation: Attestation, *, today: date) -> VerifiedRecord:
    """A foreigner's record, for whose person the establishment answers by name.

    Raises RecordError: ``evidence-other-person``, ``evidence-future``, ``attestation-not-foreigner``,
    ``attestation-document`` (no passport), ``attestation-unit`` (another unit's), ``attestation-unnamed``,
    ``record-incomplete``, ``record-implausible``.
    """
    _check_evidence(record, attestation.person_digest, attestation.attested_at.date(), today)
    person = record.person
    if person.nationality == HOME:
        raise RecordError("attestation-not-foreigner", "the register answers for citizens", fields=("nationality",))
    if person.id_kind is not IdKind.PASSPORT or attestation.document != "passport":
        raise RecordError("attestation-document", "a foreigner is attested by the passport", fields=("id_kind",))
    if attestation.unit != record.unit:
        raise RecordError("attestation-unit", "another unit than the record's cannot answer for it")
    if not attestation.attested_by.strip():
        raise RecordError("attestation-unnamed", "an attestation names the person who made it")
    return _prove(record, attestation, today)


def verify_with_police(record: VaccinationRecord, word: PoliceWord, *, today: date) -> VerifiedRecord:
    """A citizen's record, for whose person police signed although the register says otherwise.

    Raises RecordError: ``evidence-other-person``, ``evidence-future``, ``word-foreigner``, ``word-unnamed``,
    ``word-same-person`` (one account vouches for doses and person), ``word-unit`` (so does one unit),
    ``record-incomplete``, ``record-implausible``.
    """
    _check_evidence(record, word.person_digest, word.said_at.date(), today)
    if record.person.nationality != HOME:
        raise RecordError("word-foreigner", "police answer for citizens", fields=("nationality",))
    if not word.attested_by.strip() or not word.vouched_by.strip():
        raise RecordError("word-unnamed", "two people are named: of health for the doses, of police for the person")
    if same_account(word.attested_by, word.vouched_by, *(dose.entered_by for dose in record.doses)):
        raise RecordError("word-same-person", "who vouches for the doses cannot vouch for the person")
    if word.unit in (word.vouched_unit, record.unit):
        raise RecordError("word-unit", "the unit that vouches for the doses cannot vouch for the person")
    return _prove(record, word, today)


def same_account(account: str, *others: str) -> bool:
    """Whether an account is one of the others, however it is written."""
    return account.strip().casefold() in {other.strip().casefold() for other in others}


def _check_evidence(record: VaccinationRecord, digest: bytes, made_on: date, today: date) -> None:
    if digest != record.person.digest:
        raise RecordError("evidence-other-person", "the evidence is about other data than the record's")
    if made_on > today + timedelta(days=1):  # ``today`` may be the local day, evidence counts in UTC
        raise RecordError("evidence-future", "the evidence lies in the future")


def _prove(record: VaccinationRecord, evidence: Evidence, today: date) -> VerifiedRecord:
    gaps = find_gaps(record.person)
    if gaps:
        raise RecordError("record-incomplete", gaps[0].code, fields=tuple(gap.field for gap in gaps))
    for fault in find_dose_faults(record, today=today):
        if fault.blocking:
            raise RecordError("record-implausible", fault.code, fields=("doses",))
    return VerifiedRecord(record=record, evidence=evidence, proof=_PROOF)


@lru_cache(maxsize=8192)  # many have the same name
def _name_gaps(full_name: str, family_name: str | None, given_name: str | None) -> tuple[Gap, ...]:
    full = clean(full_name)
    if not full:
        return (Gap(field="full_name", code="name-missing"),)
    name = split_parts(full_name, family_name, given_name)
    typed = full_name + (family_name or "") + (given_name or "")
    if not (full + name.surname + name.given).isprintable() or not DIRECTION_MARKS.isdisjoint(typed):
        return (Gap(field="full_name", code="name-characters"),)
    if (family_name or given_name) and _words(f"{name.surname} {name.given}") != _words(full):
        return (Gap(field="family_name", code="name-parts"),)
    try:
        written = transliterate(name.surname) + transliterate(name.given)
    except RecordError as error:
        return (Gap(field="full_name", code=error.code),)
    return () if written else (Gap(field="full_name", code="name-empty"),)


def _words(name: str) -> list[str]:
    return sorted(comparable(name).replace(",", " ").split())


def _id_gaps(person: Person) -> tuple[Gap, ...]:
    if not (person.id_number or "").strip():
        return (Gap(field="id_number", code="id-number-missing"),)
    try:
        kind, number = identify(person.id_number or "", nationality=person.nationality)
    except RecordError as error:
        return (Gap(field="id_number", code=error.code),)
    if (kind, number) != (person.id_kind, person.id_number):
        return (Gap(field="id_number", code="citizen-id-kind"),)
    return ()
