"""What is unusual about a record and deserves a look before it is signed. A hint to a person: nothing here refuses."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from certificates.records.citizen_id import hints
from certificates.records.model import Attestation, PoliceWord, VerifiedRecord
from certificates.records.plausibility import find_dose_faults

OLD_DOSE: Final = timedelta(days=365)
OLD_EVIDENCE: Final = timedelta(days=180)
USUAL_DOSES: Final = 3
ADULT: Final = 12  # years; younger people were not vaccinated when most of this data was made
VERY_OLD: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Oddity:
    """One remark. ``weight`` sorts: 3 look twice, 2 look, 1 worth knowing. ``code`` is stable, ``words`` for people."""

    weight: int
    code: str
    words: str


def find_oddities(
    verified: VerifiedRecord, dcc: dict[str, Any], *, today: date, unit: str | None = None
) -> tuple[Oddity, ...]:
    """The remarks on one record, heaviest first.

    Args:
        verified: the record that the payload was built from.
        dcc: the health certificate as decoded from the very bytes that will be signed.
        today: the day by the agent's own clock.
        unit: the unit that signs, where it should be the record's.
    """
    found = [
        *_about_the_person(verified, dcc, today),
        *_about_the_doses(verified, dcc, today),
        *_about_the_evidence(verified, today),
    ]
    if unit not in (None, verified.record.unit):
        found.append(Oddity(weight=3, code="unit-other", words=f"a record of the unit {verified.record.unit}"))
    unique = {oddity.code: oddity for oddity in found}
    return tuple(sorted(unique.values(), key=lambda oddity: (-oddity.weight, oddity.code)))


def _about_the_person(verified: VerifiedRecord, dcc: dict[str, Any], today: date) -> list[Oddity]:
    found = [
        Oddity(weight=3, code=code, words=_WORDS.get(code, code.replace("-", " ")))
        for code in hints(verified.record.person)
    ]
    born = str(dcc["dob"])
    if len(born) < len("YYYY-MM-DD"):
        words = "only the year of birth" if len(born) == len("YYYY") else "no day of birth"
        found.append(Oddity(weight=1, code="birth-partial", words=words))
    age = today.year - int(born[:4])
    if age > VERY_OLD:
        found.append(Oddity(weight=2, code="age-high", words=f"{age} years old"))
    elif age < ADULT:
        found.append(Oddity(weight=2, code="age-low", words=f"{age} years old"))
    name = dcc["nam"]
    if not (name.get("fn") and name.get("gn")):
        found.append(Oddity(weight=1, code="name-one-part", words="a name of one part"))
    if verified.record.person.nationality != "VN":
        found.append(Oddity(weight=1, code="foreigner", words=f"nationality {verified.record.person.nationality}"))
    return found


def _about_the_doses(verified: VerifiedRecord, dcc: dict[str, Any], today: date) -> list[Oddity]:
    record = verified.record
    found = [
        Oddity(
            weight=3,
            code=fault.code,
            words=f"dose {fault.dose_number}: {_WORDS.get(fault.code, fault.code.replace('-', ' '))}",
        )
        for fault in find_dose_faults(record, today=today)
        if not fault.blocking
    ]
    doses = record.doses
    if len({dose.product for dose in doses}) > 1:
        found.append(Oddity(weight=1, code="products-mixed", words="doses of different vaccines"))
    latest = dcc["v"][0]
    if len(doses) > USUAL_DOSES or latest["dn"] > USUAL_DOSES:
        found.append(Oddity(weight=2, code="doses-many", words=f"{max(len(doses), latest['dn'])} doses"))
    if today - date.fromisoformat(latest["dt"]) > OLD_DOSE:
        found.append(Oddity(weight=1, code="dose-old", words=f"last dose on {latest['dt']}"))
    if any(dose.unit != record.unit for dose in doses):
        found.append(Oddity(weight=1, code="dose-elsewhere", words="a dose given by another unit"))
    if any(dose.country != "VN" for dose in doses):
        found.append(Oddity(weight=2, code="dose-abroad", words="a dose given abroad"))
    if record.version > 1:
        found.append(Oddity(weight=1, code="corrected", words=f"corrected, version {record.version}"))
    return found


def _about_the_evidence(verified: VerifiedRecord, today: date) -> list[Oddity]:
    evidence = verified.evidence
    if isinstance(evidence, Attestation):
        words = f"vouched for by {evidence.attested_by}, not by the register"
        return [Oddity(weight=2, code="attested", words=words)]
    if isinstance(evidence, PoliceWord):
        words = f"vouched for by {evidence.attested_by} of police, not by the register"
        return [Oddity(weight=2, code="police-word", words=words)]
    if today - evidence.answered_at.date() > OLD_EVIDENCE:
        return [Oddity(weight=2, code="evidence-old", words=f"register asked on {evidence.answered_at.date()}")]
    return []


_WORDS: Final = {
    "citizen-id-birth-year": "the citizen ID names another year of birth",
    "citizen-id-sex": "the citizen ID names the other sex",
    "dose-interval-short": "sooner after the last one than the vaccine allows",
    "product-mixture": "a mixture of vaccines that was never advised",
    "product-not-used-here": "a vaccine that was not used in Viet Nam",
    "lot-product": "the lot number looks like another vaccine's",
    "dose-age": "given to a child below five",
}
