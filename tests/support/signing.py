"""Jobs as the centre makes them, for tests of the agent. Every moment is fixed, within the life of the test keys."""

import base64
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from certificates.issuance import Terms, finish, prepare_confirmation, prepare_passport
from certificates.jobs import SigningJob, Task, job_digest
from certificates.pdf.layout import LAYOUT
from certificates.pki import SigningCertificate
from certificates.records.dates import PartialDate
from certificates.records.model import (
    Dose,
    Evidence,
    IdKind,
    Person,
    RegisterAnswer,
    Sex,
    VaccinationRecord,
)
from certificates.records.verification import verify
from certificates.uvci import new_uvci
from tests.support.records import answer, dose
from tests.support.softkeys import SoftKey, make_key

NOW = datetime(2022, 6, 15, 3, 0, tzinfo=UTC)
UNIT = "HN-001"


@cache
def key_of(name: str) -> SoftKey:
    """One EC key for each name, for the whole run."""
    return make_key("ES256", common_name=f"SPECIMEN {name}")


@cache
def certificate_of(name: str) -> SigningCertificate:
    return key_of(name).certificate


def make_person(**changes: Any) -> Person:
    person = Person(
        full_name="Nguyễn Thị Minh Khai",
        date_of_birth=PartialDate(1985, 4, 30),
        sex=Sex.FEMALE,
        id_kind=IdKind.CCCD,
        id_number="001185000123",
    )
    return replace(person, **changes)


def make_dose(number: int, given_on: date, **changes: Any) -> Dose:
    sound = {"lot": f"FK000{number}", "amount": "0.3 ml", "unit": UNIT, "entered_by": "lan"}
    return dose(number, given_on.isoformat(), **{**sound, **changes})


def make_record(**changes: Any) -> VaccinationRecord:
    record = VaccinationRecord(
        record_id="R-0001",
        version=1,
        unit=UNIT,
        person=make_person(),
        doses=(make_dose(1, date(2022, 3, 1)), make_dose(2, date(2022, 4, 1))),
    )
    return replace(record, **changes)


def make_evidence(record: VaccinationRecord, **changes: Any) -> RegisterAnswer:
    """The register knew this person, three days ago."""
    return answer(record.person, **{"answered_at": NOW - timedelta(days=3), **changes})


def make_terms(now: datetime = NOW) -> Terms:
    return Terms(
        uvci=new_uvci(),
        issued_at=now - timedelta(seconds=5),
        expires_at=now + timedelta(days=365),
        issuer="Ministry of Health, Viet Nam",
    )


def make_job(
    task: Task,
    *,
    signer: str,
    confirmed_by: str | None = None,
    record: VaccinationRecord | None = None,
    evidence: Evidence | None = None,
    job_id: str = "J-0001",
    now: datetime = NOW,
) -> SigningJob:
    """A job in good order. ``confirmed_by``: name of the key that confirms first (two-tier)."""
    record = record or make_record()
    evidence = evidence or make_evidence(record)
    verified = verify(record, evidence, today=now.date())
    terms, certificate, confirmation = make_terms(now), certificate_of(signer), None
    if confirmed_by is not None:
        wanted = prepare_confirmation(verified, terms, certificate_of(confirmed_by))
        confirmation = finish(wanted, key_of(confirmed_by).sign(wanted.message)).encode()
    prepare = prepare_confirmation if task == "confirm" else prepare_passport
    return SigningJob(
        job_id=job_id,
        task=task,
        record=record,
        evidence=evidence,
        terms=terms,
        signing_time=now,
        certificate_fingerprint=certificate.fingerprint,
        tbs_digest=prepare(verified, terms, certificate).digest,
        layout=LAYOUT,
        confirmation=confirmation,
        confirmed_by=None if confirmed_by is None else certificate_of(confirmed_by).fingerprint,
    )


def reseal(data: dict[str, Any]) -> dict[str, Any]:
    """The job object with a fresh ``job_digest``: what a liar at the centre would send."""
    return {**data, "job_digest": base64.b64encode(job_digest(data)).decode("ascii")}
