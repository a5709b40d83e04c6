from dataclasses import replace
from typing import Any

import pytest

from certificates.errors import CheckError, RecordError
from certificates.payload import HealthCertificate, build_health_certificate, dose_numbers
from certificates.records.dates import PartialDate
from certificates.records.model import Dose, Person, VerifiedRecord
from certificates.records.verification import verify
from tests.support.records import CITIZEN, FOREIGNER, TODAY, answer, attestation, dose, record, series

UVCI = "URN:UVCI:01:VN:7K3M9PX2QRT4VW"


def verified(person: Person = CITIZEN, doses: tuple[Dose, ...] | None = None) -> VerifiedRecord:
    evidence = answer(person) if person.nationality == "VN" else attestation(person)
    return verify(record(person, doses), evidence, today=TODAY)


def build(person: Person = CITIZEN, doses: tuple[Dose, ...] | None = None) -> dict[str, Any]:
    return build_health_certificate(verified(person, doses), uvci=UVCI, issuer="Bộ Y tế").to_dict()


def test_the_whole_document() -> None:
    assert build() == {
        "ver": "1.3.3",
        "nam": {"fn": "Đặng", "fnt": "DANG", "gn": "Thị Thùy Trâm", "gnt": "THI<THUY<TRAM"},
        "dob": "1985-03-12",
        "v": [
            {
                "tg": "840539006",
                "vp": "1119349007",
                "mp": "EU/1/20/1528",
                "ma": "ORG-100030215",
                "dn": 2,
                "sd": 2,
                "dt": "2021-09-14",
                "co": "VN",
                "is": "Bộ Y tế",
                "ci": UVCI,
            }
        ],
    }


def test_a_foreigner() -> None:
    document = build(FOREIGNER, (dose(country="DK"),))
    assert document["nam"] == {"fn": "Jørgensen", "fnt": "JOERGENSEN", "gn": "Åge", "gnt": "AAGE"}
    assert document["dob"] == "1979-11"
    assert document["v"][0]["co"] == "DK"


def test_someone_without_a_family_name() -> None:
    assert build(replace(CITIZEN, full_name="A Lưới"))["nam"] == {"gn": "A Lưới", "gnt": "A<LUOI"}
    assert build(replace(CITIZEN, full_name="Út"))["nam"] == {"fn": "Út", "fnt": "UT"}


def test_a_year_of_birth() -> None:
    assert build(replace(CITIZEN, date_of_birth=PartialDate(1941)))["dob"] == "1941"


def test_it_tells_the_latest_dose() -> None:
    doses = (dose(2, "2021-11-01", product="comirnaty"), dose(1, "2021-08-10", product="vaxzevria"))
    entry = build(doses=doses)["v"][0]
    assert (entry["mp"], entry["dt"], entry["dn"], entry["sd"]) == ("EU/1/20/1528", "2021-11-01", 2, 2)


def test_long_names_are_cut() -> None:
    name = build(replace(CITIZEN, full_name="Nguyễn " + "Thị " * 40))["nam"]
    assert len(name["gn"]) <= 80
    assert len(name["gnt"]) <= 80


@pytest.mark.parametrize(
    ("products", "expected"),
    [
        (("comirnaty",), (1, 2)),
        (("vaxzevria", "comirnaty"), (2, 2)),
        (("comirnaty",) * 3, (3, 3)),
        (("bbibp-corv", "bbibp-corv", "comirnaty", "comirnaty"), (4, 4)),
        (("jcovden",), (1, 1)),
        (("jcovden", "jcovden"), (2, 1)),
        (("jcovden", "comirnaty", "comirnaty"), (3, 1)),
        (("vaxzevria", "jcovden"), (2, 2)),  # a second dose, whatever it is
        (("abdala",), (1, 3)),
        (("abdala",) * 2, (2, 3)),
        (("abdala",) * 3, (3, 3)),
        (("abdala", "abdala", "abdala", "comirnaty"), (4, 4)),
    ],
)
def test_dose_number_and_series(products: tuple[str, ...], expected: tuple[int, int]) -> None:
    assert dose_numbers(record(doses=series(*products))) == expected
    entry = build(doses=series(*products))["v"][0]
    assert (entry["dn"], entry["sd"]) == expected
    assert entry["dn"] <= entry["sd"] or entry["sd"] == 1


def test_there_and_back() -> None:
    made = build_health_certificate(verified(), uvci=UVCI, issuer="Bộ Y tế")
    assert HealthCertificate.from_dict(made.to_dict()) == made
    assert "Trâm" not in repr((made, made.nam, made.v))


@pytest.mark.parametrize("issuer", ["", " Bộ Y tế", "x" * 81, "Bộ\x00Y tế"])
def test_an_issuer_that_does_not_fit(issuer: str) -> None:
    with pytest.raises(CheckError, match="is: wrong form"):
        build_health_certificate(verified(), uvci=UVCI, issuer=issuer)


@pytest.mark.parametrize(
    ("person", "doses", "code"),
    [
        (replace(CITIZEN, date_of_birth=None), (dose(),), "date-of-birth-missing"),
        (CITIZEN, (), "doses-none"),
        (CITIZEN, (dose(product="Pfizer"),), "product-unknown"),
        (CITIZEN, (dose(product="vla2001"),), "product-inactive"),
        (replace(CITIZEN, full_name="'"), (dose(),), "name-empty"),
        (replace(CITIZEN, full_name="王"), (dose(),), "name-letters"),
    ],
)
def test_a_proof_is_not_trusted_beyond_what_it_proves(person: Person, doses: tuple[Dose, ...], code: str) -> None:
    """Each reason again, should a record have come past the verification."""
    sound = verified()
    unsound = replace(sound, record=record(person, doses))
    with pytest.raises(RecordError) as caught:
        build_health_certificate(unsound, uvci=UVCI, issuer="Bộ Y tế")
    assert caught.value.code == code


def test_from_dict_is_strict() -> None:
    document = build()
    document["v"][0]["dn"] = 2.0
    with pytest.raises(CheckError, match=r"v\[0\].dn"):
        HealthCertificate.from_dict(document)
