"""Records, doses and evidence for all tests: one sound example of each, changed one field at a time."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, Final

from certificates.records.dates import PartialDate
from certificates.records.model import (
    Attestation,
    Dose,
    IdKind,
    Person,
    PoliceWord,
    RegisterAnswer,
    RegisterStatus,
    Sex,
    VaccinationRecord,
)

TODAY: Final = date(2022, 5, 4)
UNIT: Final = "TYT-00123"
CITIZEN: Final = Person(
    full_name="Đặng Thị Thùy Trâm",
    date_of_birth=PartialDate(1985, 3, 12),
    sex=Sex.FEMALE,
    id_kind=IdKind.CCCD,
    id_number="001185012345",
)
FOREIGNER: Final = Person(
    full_name="Jørgensen Åge",
    family_name="Jørgensen",
    given_name="Åge",
    date_of_birth=PartialDate(1979, 11),
    sex=Sex.MALE,
    nationality="DK",
    id_kind=IdKind.PASSPORT,
    id_number="210987654",
)


def dose(number: int = 1, given_on: str = "2021-08-10", **changes: Any) -> Dose:
    """A dose of Comirnaty in Vietnam, with some fields changed."""
    return replace(
        Dose(number=number, given_on=date.fromisoformat(given_on), product="comirnaty", lot="FF2752", unit=UNIT),
        **changes,
    )


def series(*products: str) -> tuple[Dose, ...]:
    """Doses of these products, two months apart."""
    return tuple(
        dose(number, f"2021-{2 + 2 * number:02d}-15", product=product)
        for number, product in enumerate(products, start=1)
    )


def record(person: Person = CITIZEN, doses: tuple[Dose, ...] | None = None) -> VaccinationRecord:
    chosen = (dose(), dose(2, "2021-09-14", lot="FH3220")) if doses is None else doses
    return VaccinationRecord(record_id="R-1", version=1, unit=UNIT, person=person, doses=chosen)


def answer(person: Person = CITIZEN, **changes: Any) -> RegisterAnswer:
    """The register's yes to everything, with some fields changed."""
    yes = RegisterAnswer(
        person_digest=person.digest,
        status=RegisterStatus.FOUND,
        name=True,
        date_of_birth=True,
        sex=True,
        id_number=True,
        register="population",
        answered_at=datetime(2022, 5, 3, 8, tzinfo=UTC),
    )
    return replace(yes, **changes)


def attestation(person: Person = FOREIGNER, **changes: Any) -> Attestation:
    """A named attestation for a foreigner, with some fields changed."""
    sound = Attestation(
        person_digest=person.digest,
        document="passport",
        attested_by="lan.tt",
        unit=UNIT,
        attested_at=datetime(2022, 5, 3, 8, tzinfo=UTC),
    )
    return replace(sound, **changes)


def police_word(person: Person = CITIZEN, **changes: Any) -> PoliceWord:
    """Police's signed word for a citizen, with some fields changed."""
    sound = PoliceWord(
        person_digest=person.digest,
        list_id="0123456789abcdef",
        file_digest=bytes(32),
        fingerprint=bytes(range(32)),
        attested_by="minh.ca",
        unit="CA-00123",
        vouched_by="lan.tt",
        vouched_unit=UNIT,
        said_at=datetime(2022, 5, 3, 8, tzinfo=UTC),
    )
    return replace(sound, **changes)
