"""The nouns of intake and identity. A record is one person with all doses; a row of an import is one dose."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

import cbor2

from certificates.errors import RecordError
from certificates.records.dates import PartialDate


class Sex(StrEnum):
    MALE = "M"
    FEMALE = "F"


class IdKind(StrEnum):
    """What a person is known by. CCCD: 12 digits, also a child's personal number. CMND: 9 digits, older."""

    CCCD = "CCCD"
    CMND = "CMND"
    PASSPORT = "PASSPORT"


_SEXES: Final = {one.value: one for one in Sex}
_ID_KINDS: Final = {one.value: one for one in IdKind}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Person:
    """Identity data as entered (names in NFC). What is missing is None; only a VerifiedRecord is known to be whole.

    ``family_name`` and ``given_name`` are set where the source has fields of their own; else ``full_name`` is split by
    `certificates.records.names.split_name`. ``nationality`` is ISO 3166-1 alpha-2.
    """

    full_name: str
    family_name: str | None = None
    given_name: str | None = None
    date_of_birth: PartialDate | None
    sex: Sex | None
    nationality: str = "VN"
    id_kind: IdKind | None
    id_number: str | None

    def __repr__(self) -> str:
        return "Person(...)"  # personal data never reaches a log

    def to_dict(self) -> dict[str, Any]:
        return {
            "sex": self.sex.value if self.sex else None,
            "id_kind": self.id_kind.value if self.id_kind else None,
            "full_name": self.full_name,
            "id_number": self.id_number,
            "given_name": self.given_name,
            "family_name": self.family_name,
            "nationality": self.nationality,
            "date_of_birth": self.date_of_birth.iso if self.date_of_birth else None,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Person":
        """The inverse of `to_dict`. Raises RecordError ``record-form``."""
        with _Form():
            return cls(
                full_name=_text(data["full_name"]),
                family_name=_optional_text(data["family_name"]),
                given_name=_optional_text(data["given_name"]),
                date_of_birth=PartialDate.parse(data["date_of_birth"]) if data["date_of_birth"] is not None else None,
                sex=_SEXES[data["sex"]] if data["sex"] is not None else None,
                nationality=_text(data["nationality"]),
                id_kind=_ID_KINDS[data["id_kind"]] if data["id_kind"] is not None else None,
                id_number=_optional_text(data["id_number"]),
            )

    @property
    def digest(self) -> bytes:
        """SHA-256 over the deterministic CBOR of `to_dict`: injective, so two different people never share it."""
        return digest_of(self.to_dict())


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose:
    """One dose given. ``product`` is a key of `certificates.valuesets.PRODUCTS`, ``unit`` the code of the unit.

    ``lot`` and ``amount`` carry both readings of the field "Lieu so / so lo" of Decision 5772.
    """

    number: int
    given_on: date
    product: str
    lot: str
    amount: str = ""
    unit: str
    country: str = "VN"
    entered_by: str = ""

    def to_dict(self) -> dict[str, Any]:
        return {
            "lot": self.lot,
            "unit": self.unit,
            "amount": self.amount,
            "number": self.number,
            "country": self.country,
            "product": self.product,
            "given_on": self.given_on.isoformat(),
            "entered_by": self.entered_by,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Dose":
        """The inverse of `to_dict`. Raises RecordError ``record-form``."""
        with _Form():
            if type(data["number"]) is not int:
                raise ValueError("number")
            return cls(
                number=data["number"],
                given_on=date.fromisoformat(data["given_on"]),
                product=_text(data["product"]),
                lot=_text(data["lot"]),
                amount=_text(data["amount"]),
                unit=_text(data["unit"]),
                country=_text(data["country"]),
                entered_by=_text(data["entered_by"]),
            )


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class VaccinationRecord:
    """One person with all doses, in one version. ``unit`` is the unit that answers for it. Nothing is proved yet."""

    record_id: str
    version: int
    unit: str
    person: Person
    doses: tuple[Dose, ...]
    _digest: bytes | None = field(init=False, default=None, compare=False)  # made once: nothing here ever changes

    def __repr__(self) -> str:
        return f"VaccinationRecord({self.record_id}, version={self.version})"

    def to_dict(self) -> dict[str, Any]:
        return {
            "unit": self.unit,
            "doses": [dose.to_dict() for dose in self.doses],
            "person": self.person.to_dict(),
            "version": self.version,
            "record_id": self.record_id,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "VaccinationRecord":
        """The inverse of `to_dict`. Raises RecordError ``record-form``."""
        with _Form():
            if type(data["version"]) is not int:
                raise ValueError("version")
            return cls(
                record_id=_text(data["record_id"]),
                version=data["version"],
                unit=_text(data["unit"]),
                person=Person.from_dict(data["person"]),
                doses=tuple(Dose.from_dict(dose) for dose in data["doses"]),
            )

    @property
    def digest(self) -> bytes:
        """SHA-256 over the deterministic CBOR of `to_dict`. Confirmations name it."""
        if self._digest is None:
            object.__setattr__(self, "_digest", digest_of(self.to_dict()))
        assert self._digest is not None  # noqa: S101 - for the type
        return self._digest


class RegisterStatus(StrEnum):
    FOUND = "found"
    NO_ANSWER = "no_answer"
    DECEASED = "deceased"
    MERGED = "merged"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterAnswer:
    """What the population register said of one person: true or false on four items (letter 9438/BYT-CNTT).

    ``person_digest`` is `Person.digest` of the data that was asked about, so no answer can serve for anybody else.
    """

    person_digest: bytes
    status: RegisterStatus
    name: bool
    date_of_birth: bool
    sex: bool
    id_number: bool
    register: str
    answered_at: datetime

    def to_dict(self) -> dict[str, Any]:
        return {
            "kind": "register",
            "person_digest": self.person_digest.hex(),
            "status": self.status.value,
            "name": self.name,
            "date_of_birth": self.date_of_birth,
            "sex": self.sex,
            "id_number": self.id_number,
            "register": self.register,
            "answered_at": instant_to_text(self.answered_at),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """For a foreigner, whom the register does not know: the establishment answers for the data by name.

    ``attested_by`` is the account of a person of ``unit``; ``document`` says what was seen ("passport").
    """

    person_digest: bytes
    document: str
    attested_by: str
    unit: str
    attested_at: datetime

    def to_dict(self) -> dict[str, Any]:
        return {
            "kind": "attestation",
            "person_digest": self.person_digest.hex(),
            "document": self.document,
            "attested_by": self.attested_by,
            "unit": self.unit,
            "attested_at": instant_to_text(self.attested_at),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PoliceWord:
    """Police's signed word for a citizen of whom the register says otherwise, or nothing.

    Health vouches for the vaccination, police for the person (letter 9438/BYT-CNTT): ``vouched_by`` of
    ``vouched_unit`` for the doses, ``attested_by`` of the police unit ``unit`` for the person. ``file_digest`` is the
    SHA-256 of the list that a token of ``unit`` signed, ``fingerprint`` that of the token's certificate.
    """

    person_digest: bytes
    list_id: str
    file_digest: bytes
    fingerprint: bytes
    attested_by: str
    unit: str
    vouched_by: str
    vouched_unit: str
    said_at: datetime

    def to_dict(self) -> dict[str, Any]:
        return {
            "kind": "police",
            "person_digest": self.person_digest.hex(),
            "list_id": self.list_id,
            "file_digest": self.file_digest.hex(),
            "fingerprint": self.fingerprint.hex(),
            "attested_by": self.attested_by,
            "unit": self.unit,
            "vouched_by": self.vouched_by,
            "vouched_unit": self.vouched_unit,
            "said_at": instant_to_text(self.said_at),
        }


Evidence = RegisterAnswer | Attestation | PoliceWord


def evidence_from_dict(data: Mapping[str, Any]) -> Evidence:
    """Read what `to_dict` of a kind of evidence wrote. Raises RecordError ``record-form``."""
    with _Form():
        digest = bytes.fromhex(data["person_digest"])
        if data["kind"] == "attestation":
            return Attestation(
                person_digest=digest,
                document=_text(data["document"]),
                attested_by=_text(data["attested_by"]),
                unit=_text(data["unit"]),
                attested_at=instant_from_text(data["attested_at"]),
            )
        if data["kind"] == "police":
            return PoliceWord(
                person_digest=digest,
                list_id=_text(data["list_id"]),
                file_digest=bytes.fromhex(data["file_digest"]),
                fingerprint=bytes.fromhex(data["fingerprint"]),
                attested_by=_text(data["attested_by"]),
                unit=_text(data["unit"]),
                vouched_by=_text(data["vouched_by"]),
                vouched_unit=_text(data["vouched_unit"]),
                said_at=instant_from_text(data["said_at"]),
            )
        if data["kind"] != "register":
            raise ValueError("kind")
        return RegisterAnswer(
            person_digest=digest,
            status=RegisterStatus(data["status"]),
            name=data["name"] is True,
            date_of_birth=data["date_of_birth"] is True,
            sex=data["sex"] is True,
            id_number=data["id_number"] is True,
            register=_text(data["register"]),
            answered_at=instant_from_text(data["answered_at"]),
        )


_PROOF = object()  # held by certificates.records.verification alone


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class VerifiedRecord:
    """A record whose person was confirmed. Made only by `certificates.records.verification`; proof of that step."""

    record: VaccinationRecord
    evidence: Evidence
    proof: object = field(compare=False)

    def __post_init__(self) -> None:
        if self.proof is not _PROOF:
            raise RecordError("record-unverified", "a VerifiedRecord is made by certificates.records.verification only")

    def __repr__(self) -> str:
        return f"VerifiedRecord({self.record.record_id}, version={self.record.version})"


def instant_to_text(instant: datetime) -> str:
    """RFC 3339 in UTC with whole seconds, ``2021-11-08T07:30:00Z``."""
    return instant.astimezone(UTC).isoformat(timespec="seconds")[:19] + "Z"


@lru_cache(maxsize=1024)  # those of a batch are few
def instant_from_text(text: str) -> datetime:
    """The inverse of `instant_to_text`. Raises ValueError for a time without a zone."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("a time without a zone")
    return instant.astimezone(UTC)


class _Form:
    """Turns what a malformed mapping raises into one RecordError, without repeating its (personal) values."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, (KeyError, TypeError, ValueError, AttributeError)):
            raise RecordError("record-form", "a field is missing or of the wrong form") from None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _optional_text(value: object) -> str | None:
    return None if value is None else _text(value)


def digest_of(document: Mapping[str, Any]) -> bytes:
    """The digest of the person or record whose `to_dict` this is.

    Each such mapping has its keys in the order of deterministic CBOR (RFC 8949, 4.2.3: the shorter first), so nothing
    is sorted here.
    """
    return hashlib.sha256(cbor2.dumps(document)).digest()
