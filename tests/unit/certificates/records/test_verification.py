from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from certificates.errors import RecordError
from certificates.records.dates import PartialDate
from certificates.records.model import IdKind, Person, RegisterStatus, VaccinationRecord
from certificates.records.verification import Gap, Triage, find_gaps, triage, verify
from tests.support.records import CITIZEN, FOREIGNER, TODAY, answer, attestation, dose, police_word, record


def test_the_register_confirms() -> None:
    verified = verify(record(), answer(), today=TODAY)
    assert verified.record == record()
    assert verified.evidence == answer()
    assert "Trâm" not in repr(verified)


def test_an_establishment_confirms_a_foreigner() -> None:
    assert verify(record(FOREIGNER), attestation(), today=TODAY).evidence == attestation()


def test_police_confirm_a_citizen() -> None:
    assert verify(record(), police_word(), today=TODAY).evidence == police_word()


@pytest.mark.parametrize(
    ("person", "changes", "code"),
    [
        (CITIZEN, {"person_digest": FOREIGNER.digest}, "evidence-other-person"),
        (CITIZEN, {"said_at": datetime(2022, 6, 1, tzinfo=UTC)}, "evidence-future"),
        (FOREIGNER, {"person_digest": FOREIGNER.digest}, "word-foreigner"),
        (CITIZEN, {"attested_by": " "}, "word-unnamed"),
        (CITIZEN, {"vouched_by": ""}, "word-unnamed"),
        (CITIZEN, {"attested_by": "Lan.TT"}, "word-same-person"),
        (CITIZEN, {"attested_by": "who.entered"}, "word-same-person"),
        (CITIZEN, {"unit": "TYT-00123"}, "word-unit"),
        (CITIZEN, {"unit": "TYT-9", "vouched_unit": "TYT-9"}, "word-unit"),
        (
            replace(CITIZEN, id_number=None),
            {"person_digest": replace(CITIZEN, id_number=None).digest},
            "record-incomplete",
        ),
    ],
)
def test_what_police_cannot_confirm(person: Person, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(RecordError) as refusal:
        verify(record(person, (dose(entered_by="who.entered"),)), police_word(**changes), today=TODAY)
    assert refusal.value.code == code


def test_the_register_may_know_a_foreigner() -> None:
    assert verify(record(FOREIGNER), answer(FOREIGNER), today=TODAY).record.person is FOREIGNER


@pytest.mark.parametrize("born", [PartialDate(1941), PartialDate(1941, 7)])
def test_a_birth_date_known_in_part_is_enough(born: PartialDate) -> None:
    person = replace(CITIZEN, date_of_birth=born, id_number="001141012345")
    assert verify(record(person), answer(person), today=TODAY)


@pytest.mark.parametrize(
    ("change", "code", "fields"),
    [
        ({"status": RegisterStatus.NO_ANSWER}, "register-no-answer", ()),
        ({"status": RegisterStatus.DECEASED}, "register-deceased", ()),
        ({"status": RegisterStatus.MERGED}, "register-merged", ()),
        ({"name": False}, "register-mismatch", ("full_name",)),
        ({"date_of_birth": False, "sex": False}, "register-mismatch", ("date_of_birth", "sex")),
        ({"id_number": False}, "register-mismatch", ("id_number",)),
        ({"id_number": 1}, "register-mismatch", ("id_number",)),
        ({"person_digest": FOREIGNER.digest}, "evidence-other-person", ()),
        ({"answered_at": datetime(2022, 5, 6, tzinfo=UTC)}, "evidence-future", ()),
    ],
)
def test_the_register_does_not_confirm(change: dict[str, Any], code: str, fields: tuple[str, ...]) -> None:
    with pytest.raises(RecordError) as caught:
        verify(record(), answer(**change), today=TODAY)
    assert (caught.value.code, caught.value.fields) == (code, fields)


def test_an_answer_serves_one_person_only() -> None:
    corrected = replace(CITIZEN, full_name="Đặng Thị Thùy Trang")
    with pytest.raises(RecordError, match="evidence-other-person"):
        verify(record(corrected), answer(CITIZEN), today=TODAY)


@pytest.mark.parametrize(
    ("person", "change", "code"),
    [
        (CITIZEN, {"person_digest": CITIZEN.digest}, "attestation-not-foreigner"),
        (FOREIGNER, {"document": "driving licence"}, "attestation-document"),
        (FOREIGNER, {"unit": "TYT-99999"}, "attestation-unit"),
        (FOREIGNER, {"attested_by": "  "}, "attestation-unnamed"),
        (FOREIGNER, {"person_digest": b"\0" * 32}, "evidence-other-person"),
        (FOREIGNER, {"attested_at": datetime(2022, 5, 6, tzinfo=UTC)}, "evidence-future"),
    ],
)
def test_no_attestation(person: Person, change: dict[str, Any], code: str) -> None:
    with pytest.raises(RecordError) as caught:
        verify(record(person), attestation(**change), today=TODAY)
    assert caught.value.code == code


def test_a_foreigner_without_a_passport_is_not_attested() -> None:
    person = replace(FOREIGNER, id_kind=IdKind.CCCD, id_number="001185012345")
    with pytest.raises(RecordError, match="attestation-document"):
        verify(record(person), attestation(person), today=TODAY)


GAPS: list[tuple[dict[str, Any], Gap]] = [
    ({"full_name": " \u200b "}, Gap(field="full_name", code="name-missing")),
    ({"full_name": "Lê\x07 Bé"}, Gap(field="full_name", code="name-characters")),
    ({"full_name": "Lê\u202e Bé"}, Gap(field="full_name", code="name-characters")),
    ({"family_name": "Đặng\u2067"}, Gap(field="full_name", code="name-characters")),
    ({"full_name": "…"}, Gap(field="full_name", code="name-empty")),
    ({"full_name": "Lê 2"}, Gap(field="full_name", code="name-letters")),
    ({"family_name": "Đặng", "given_name": "Thùy Trâm"}, Gap(field="family_name", code="name-parts")),
    ({"date_of_birth": None}, Gap(field="date_of_birth", code="date-of-birth-missing")),
    ({"sex": None}, Gap(field="sex", code="sex-missing")),
    ({"nationality": "ZZ"}, Gap(field="nationality", code="nationality-unknown")),
    ({"id_number": None, "id_kind": None}, Gap(field="id_number", code="id-number-missing")),
    ({"id_number": "", "id_kind": None}, Gap(field="id_number", code="id-number-missing")),
    ({"id_number": "1185012345", "id_kind": None}, Gap(field="id_number", code="citizen-id-lost-zero")),
    ({"id_kind": IdKind.CMND}, Gap(field="id_number", code="citizen-id-kind")),
    ({"id_number": "001 185 012 345"}, Gap(field="id_number", code="citizen-id-kind")),
]


@pytest.mark.parametrize(("change", "gap"), GAPS)
def test_gaps(change: dict[str, Any], gap: Gap) -> None:
    person = replace(CITIZEN, **change)
    assert gap in find_gaps(person)
    with pytest.raises(RecordError) as caught:
        verify(record(person), answer(person), today=TODAY)
    assert caught.value.code == "record-incomplete"
    assert gap.field in caught.value.fields


def test_own_fields_in_either_order_are_no_gap() -> None:
    assert find_gaps(FOREIGNER) == ()
    assert find_gaps(replace(FOREIGNER, full_name="Åge Jørgensen")) == ()
    assert find_gaps(replace(CITIZEN, family_name="Đặng", given_name="THỊ THUỲ TRÂM")) == ()


def test_everything_missing_is_named() -> None:
    nobody = Person(full_name="", date_of_birth=None, sex=None, nationality="", id_kind=None, id_number=None)
    assert [gap.field for gap in find_gaps(nobody)] == ["full_name", "date_of_birth", "sex", "nationality", "id_number"]


@pytest.mark.parametrize(
    ("given", "state", "reason"),
    [
        (record(), "awaiting_match", None),
        (record(FOREIGNER), "awaiting_match", "attestation-needed"),
        (record(replace(CITIZEN, sex=None)), "incomplete", "sex-missing"),
        (record(replace(CITIZEN, id_number=None, id_kind=None)), "incomplete", "id-number-missing"),
        (record(replace(CITIZEN, id_number="12", id_kind=None)), "malformed_id", "citizen-id-length"),
        (record(doses=()), "incomplete", "doses-none"),
        (record(doses=(dose(2),)), "incomplete", "dose-number-gap"),
        (record(doses=(dose(product="coronavac"),)), "awaiting_match", None),  # odd only
    ],
)
def test_triage(given: VaccinationRecord, state: Any, reason: str | None) -> None:
    assert triage(given, today=TODAY) == Triage(state=state, reason=reason)


def test_implausible_doses_are_not_verified() -> None:
    with pytest.raises(RecordError) as caught:
        verify(record(doses=(dose(2),)), answer(), today=TODAY)
    assert (caught.value.code, caught.value.detail, caught.value.fields) == (
        "record-implausible",
        "dose-number-gap",
        ("doses",),
    )


def test_odd_doses_are_verified() -> None:
    assert verify(record(doses=(dose(product="coronavac"),)), answer(), today=TODAY)
