from dataclasses import replace
from typing import Any

import pytest

from certificates.errors import RecordError
from certificates.records.model import (
    IdKind,
    Person,
    VaccinationRecord,
    VerifiedRecord,
    evidence_from_dict,
    instant_from_text,
)
from tests.support.records import CITIZEN, FOREIGNER, answer, attestation, dose, police_word, record


def test_a_record_survives_the_wire() -> None:
    assert VaccinationRecord.from_dict(record().to_dict()) == record()
    assert VaccinationRecord.from_dict(record(FOREIGNER).to_dict()).digest == record(FOREIGNER).digest


def test_evidence_survives_the_wire() -> None:
    assert evidence_from_dict(answer(sex=False).to_dict()) == answer(sex=False)
    assert evidence_from_dict(attestation().to_dict()) == attestation()
    assert evidence_from_dict(police_word().to_dict()) == police_word()


@pytest.mark.parametrize(
    ("part", "field", "value"),
    [
        (None, "version", "1"),
        (None, "version", True),
        (None, "unit", None),
        (None, "doses", [{}]),
        ("person", "sex", "X"),
        ("person", "full_name", 7),
        ("person", "date_of_birth", 1950),
        ("person", "id_kind", "VISA"),
    ],
)
def test_a_malformed_record_is_refused_without_its_values(part: str | None, field: str, value: Any) -> None:
    data = record().to_dict()
    (data if part is None else data[part])[field] = value
    with pytest.raises(RecordError) as caught:
        VaccinationRecord.from_dict(data)
    assert caught.value.code == "record-form"
    assert caught.value.__cause__ is None


def test_a_malformed_dose_is_refused() -> None:
    data = record().to_dict()
    data["doses"][0]["given_on"] = "2021-02-30"
    with pytest.raises(RecordError, match="record-form"):
        VaccinationRecord.from_dict(data)
    data["doses"][0] = dose().to_dict() | {"number": 1.0}
    with pytest.raises(RecordError, match="record-form"):
        VaccinationRecord.from_dict(data)


@pytest.mark.parametrize("change", [{"kind": "hearsay"}, {"status": "maybe"}, {"person_digest": "zz"}, {"register": 1}])
def test_malformed_evidence_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(RecordError, match="record-form"):
        evidence_from_dict(answer().to_dict() | change)


def test_only_true_is_true() -> None:
    assert evidence_from_dict(answer().to_dict() | {"name": 1}).to_dict()["name"] is False


@pytest.mark.parametrize(
    "change",
    [
        {"full_name": "Đặng Thị ThùyTrâm"},  # two names that differ only by a blank are two digests
        {"date_of_birth": None},
        {"id_kind": IdKind.CMND},
        {"family_name": "Đặng"},
    ],
)
def test_different_people_have_different_digests(change: dict[str, Any]) -> None:
    assert replace(CITIZEN, **change).digest != CITIZEN.digest


def test_no_repr_holds_personal_data() -> None:
    shown = repr(CITIZEN) + repr(record())
    for secret in ("Trâm", "1985", "001185012345"):
        assert secret not in shown


def test_nobody_makes_a_verified_record_by_hand() -> None:
    with pytest.raises(RecordError) as caught:
        VerifiedRecord(record=record(), evidence=answer(), proof=object())
    assert caught.value.code == "record-unverified"


def test_a_time_without_a_zone_is_no_time() -> None:
    with pytest.raises(ValueError, match="zone"):
        instant_from_text("2022-05-03T08:00:00")


def test_person_from_dict_needs_every_field() -> None:
    data = CITIZEN.to_dict()
    del data["sex"]
    with pytest.raises(RecordError, match="record-form"):
        Person.from_dict(data)
