"""What a signer's eye is drawn to."""

from datetime import date, timedelta
from typing import Any

import pytest

from certificates.issuance import claims_for
from certificates.records.dates import PartialDate
from certificates.records.model import Sex, VaccinationRecord
from certificates.records.verification import verify
from signer.oddities import Oddity, find_oddities
from tests.support.records import police_word
from tests.support.signing import NOW, make_dose, make_evidence, make_person, make_record, make_terms

FIRST, SECOND = date(2022, 3, 1), date(2022, 4, 1)


def oddities_of(record: VaccinationRecord, *, today: date = NOW.date(), **evidence: Any) -> tuple[Oddity, ...]:
    verified = verify(record, make_evidence(record, **evidence), today=today)
    dcc = claims_for(verified, make_terms()).certificate.to_dict()
    return find_oddities(verified, dcc, today=today)


def test_a_usual_record_has_none() -> None:
    assert oddities_of(make_record()) == ()


@pytest.mark.parametrize(
    ("changes", "code", "weight"),
    [
        ({"person": make_person(date_of_birth=PartialDate(1985))}, "birth-partial", 1),
        ({"person": make_person(date_of_birth=PartialDate(1985, 4))}, "birth-partial", 1),
        ({"person": make_person(date_of_birth=PartialDate(1986, 4, 30))}, "citizen-id-birth-year", 3),
        ({"person": make_person(sex=Sex.MALE)}, "citizen-id-sex", 3),
        ({"person": make_person(date_of_birth=PartialDate(1915, 4, 30), id_number="001115000123")}, "age-high", 2),
        ({"person": make_person(date_of_birth=PartialDate(2014, 4, 30), id_number="001314000123")}, "age-low", 2),
        ({"person": make_person(date_of_birth=PartialDate(2019, 4, 30), id_number="001319000123")}, "dose-age", 3),
        ({"person": make_person(full_name="Sùng")}, "name-one-part", 1),
        (
            {"doses": (make_dose(1, FIRST), make_dose(2, SECOND, product="spikevax", lot="000123A"))},
            "products-mixed",
            1,
        ),
        ({"doses": (make_dose(1, FIRST), make_dose(2, FIRST + timedelta(days=10)))}, "dose-interval-short", 3),
        ({"doses": (make_dose(1, date(2021, 5, 1)), make_dose(2, date(2021, 6, 1)))}, "dose-old", 1),
        ({"doses": (make_dose(1, FIRST, unit="HN-009"), make_dose(2, SECOND))}, "dose-elsewhere", 1),
        ({"doses": (make_dose(1, FIRST, country="LA"), make_dose(2, SECOND))}, "dose-abroad", 2),
        ({"doses": tuple(make_dose(n, date(2021, 6 + n, 1)) for n in range(1, 5))}, "doses-many", 2),
        ({"version": 2}, "corrected", 1),
    ],
)
def test_each_oddity_is_found(changes: dict[str, Any], code: str, weight: int) -> None:
    found = {oddity.code: oddity for oddity in oddities_of(make_record(**changes))}
    assert found[code].weight == weight
    assert found[code].words


def test_a_person_whom_police_vouch_for_is_remarked_on() -> None:
    record = make_record()
    word = police_word(record.person, said_at=NOW)
    dcc = claims_for(verify(record, word, today=NOW.date()), make_terms()).certificate.to_dict()
    (found,) = find_oddities(verify(record, word, today=NOW.date()), dcc, today=NOW.date())
    assert (found.code, found.weight) == ("police-word", 2)
    assert "minh.ca" in found.words


def test_an_old_answer_of_the_register_is_remarked_on() -> None:
    assert [oddity.code for oddity in oddities_of(make_record(), answered_at=NOW - timedelta(days=181))] == [
        "evidence-old"
    ]


def test_the_heaviest_stands_first_and_each_once() -> None:
    record = make_record(
        version=2,
        person=make_person(sex=Sex.MALE, date_of_birth=PartialDate(1985)),
        doses=(make_dose(1, FIRST, country="LA"), make_dose(2, SECOND, country="LA")),
    )
    found = oddities_of(record)
    assert [oddity.weight for oddity in found] == sorted((oddity.weight for oddity in found), reverse=True)
    assert len({oddity.code for oddity in found}) == len(found) >= 4
