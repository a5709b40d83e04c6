"""Records, passports and signed documents for the tests of pages."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from certificates.cose import CoseSign1
from certificates.hc1 import encode_hc1
from certificates.issuance import Terms, finish, prepare_confirmation, prepare_passport
from certificates.pdf.document import prepare_document
from certificates.pdf.pades import PreparedPdf, build_cms, embed_cms
from certificates.records.model import Dose, Person, VerifiedRecord
from certificates.records.verification import verify_with_register
from tests.support import records
from tests.support.records import CITIZEN, answer, dose
from tests.support.softkeys import SoftKey

ISSUED_AT = datetime(2022, 4, 15, 7, 30, tzinfo=UTC)
TERMS = Terms(
    uvci="URN:UVCI:01:VN:7K3M9PX2QRT4VW",
    issued_at=ISSUED_AT,
    expires_at=ISSUED_AT + timedelta(days=365),
    issuer="Ministry of Health of Viet Nam",
)
PERSON = replace(CITIZEN, full_name="Nguyễn Thị Hồng Nhung")
DOSES = tuple(
    dose(number, given_on, lot=lot, amount="0,3 ml")
    for number, given_on, lot in ((1, "2021-08-10", "FF2752"), (2, "2021-09-14", "FH3220"), (3, "2022-03-02", "FN8020"))
)


def verified_record(person: Person = PERSON, doses: tuple[Dose, ...] = DOSES) -> VerifiedRecord:
    """A record that a register confirmed, with these data."""
    entered = records.record(person, doses)
    yes = answer(person, answered_at=ISSUED_AT - timedelta(days=1))
    return verify_with_register(entered, yes, today=ISSUED_AT.date())


def sign_passport(record: VerifiedRecord, key: SoftKey, terms: Terms = TERMS) -> CoseSign1:
    tbs = prepare_passport(record, terms, key.certificate)
    return finish(tbs, key.sign(tbs.message))


def passport_text(record: VerifiedRecord, key: SoftKey, terms: Terms = TERMS) -> str:
    return encode_hc1(sign_passport(record, key, terms).encode())


def sign_confirmation(record: VerifiedRecord, key: SoftKey, terms: Terms = TERMS) -> bytes:
    tbs = prepare_confirmation(record, terms, key.certificate)
    return finish(tbs, key.sign(tbs.message)).encode()


def prepared_document(
    record: VerifiedRecord, key: SoftKey, *, terms: Terms = TERMS, confirmation: bytes | None = None
) -> PreparedPdf:
    hc1 = passport_text(record, key, terms)
    return prepare_document(
        record, terms, hc1, key.certificate, signing_time=terms.issued_at, confirmation=confirmation
    )


def sign_document(prepared: PreparedPdf, key: SoftKey) -> bytes:
    return embed_cms(prepared, build_cms(prepared, key.sign(prepared.signed_attributes)))


def signed_document(
    record: VerifiedRecord, key: SoftKey, *, terms: Terms = TERMS, confirmation: bytes | None = None
) -> bytes:
    """The whole way from a record to a signed PDF."""
    return sign_document(prepared_document(record, key, terms=terms, confirmation=confirmation), key)


def named(full_name: str) -> Person:
    return replace(PERSON, full_name=full_name)
