"""The DCC of a vaccination (eu-dcc-schema 1.3.3): the payload of the passport, made from a verified record only."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from certificates.errors import RecordError
from certificates.records.model import Dose, VaccinationRecord, VerifiedRecord
from certificates.records.names import clip, split_name, transliterate
from certificates.schema import check_dcc
from certificates.valuesets import DISEASE_COVID_19, PRODUCTS, Product

SCHEMA_VERSION: Final = "1.3.3"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Name:
    """The DCC's ``nam``: fn, gn as written, fnt, gnt in the letters of a passport (ICAO 9303-3). None: not there."""

    fn: str | None = None
    fnt: str | None = None
    gn: str | None = None
    gnt: str | None = None

    def __repr__(self) -> str:
        return "Name(...)"

    def to_dict(self) -> dict[str, str]:
        parts = {"fn": self.fn, "gn": self.gn, "fnt": self.fnt, "gnt": self.gnt}
        return {key: value for key, value in parts.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class VaccinationEntry:
    """The one entry of the DCC's ``v``. The names are the DCC's; ``is_`` is its ``is``. ``dt`` is YYYY-MM-DD."""

    tg: str
    vp: str
    mp: str
    ma: str
    dn: int
    sd: int
    dt: str
    co: str
    is_: str
    ci: str

    def __repr__(self) -> str:
        return "VaccinationEntry(...)"

    def to_dict(self) -> dict[str, str | int]:
        return {
            "ci": self.ci,
            "co": self.co,
            "dn": self.dn,
            "dt": self.dt,
            "is": self.is_,
            "ma": self.ma,
            "mp": self.mp,
            "sd": self.sd,
            "tg": self.tg,
            "vp": self.vp,
        }


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class HealthCertificate:
    """A DCC with exactly one vaccination, valid by the strict check of `certificates.schema`."""

    ver: str
    nam: Name
    dob: str
    v: VaccinationEntry

    def __post_init__(self) -> None:
        check_dcc(self.to_dict(), strict=True)

    def __repr__(self) -> str:
        return "HealthCertificate(...)"

    def to_dict(self) -> dict[str, Any]:
        """The DCC as it is written: the schema's field names, in the order of deterministic CBOR (RFC 8949, 4.2.1)."""
        return {"v": [self.v.to_dict()], "dob": self.dob, "nam": self.nam.to_dict(), "ver": self.ver}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "HealthCertificate":
        """The inverse of `to_dict`, for certificates of our own making. Raises CheckError SCHEMA."""
        check_dcc(data, strict=True, kinds=("v",))
        nam, entry = data["nam"], dict(data["v"][0])
        entry["is_"] = entry.pop("is")
        return cls(ver=data["ver"], nam=Name(**nam), dob=data["dob"], v=VaccinationEntry(**entry))


def build_health_certificate(record: VerifiedRecord, *, uvci: str, issuer: str) -> HealthCertificate:
    """The DCC of the record's latest dose.

    Args:
        uvci: goes into ``ci`` as it is (`certificates.uvci`).
        issuer: goes into ``is``, at most 80 characters.

    Raises RecordError ``product-unknown``, ``product-inactive``, ``name-empty``, ``name-letters``, ``doses-none``,
    ``date-of-birth-missing``; CheckError SCHEMA when the result breaks the schema (issuer, identifier).
    """
    person = record.record.person
    if person.date_of_birth is None:
        raise RecordError("date-of-birth-missing", fields=("date_of_birth",))
    dose = latest_dose(record.record)
    product = issuable_product(dose)
    number, series = dose_numbers(record.record)
    return HealthCertificate(
        ver=SCHEMA_VERSION,
        nam=_name(record.record),
        dob=person.date_of_birth.iso,
        v=VaccinationEntry(
            tg=DISEASE_COVID_19,
            vp=product.vp,
            mp=product.mp,
            ma=product.ma,
            dn=number,
            sd=series,
            dt=dose.given_on.isoformat(),
            co=dose.country,
            is_=unicodedata.normalize("NFC", issuer),
            ci=uvci,
        ),
    )


def latest_dose(record: VaccinationRecord) -> Dose:
    """The dose with the highest number. Raises RecordError ``doses-none``."""
    if not record.doses:
        raise RecordError("doses-none", "a record without a dose", fields=("doses",))
    return max(record.doses, key=lambda dose: dose.number)


def issuable_product(dose: Dose) -> Product:
    """The dose's product, if a new certificate may name it; RecordError ``product-unknown``, ``product-inactive``."""
    product = PRODUCTS.get(dose.product)
    if product is None:
        raise RecordError("product-unknown", "not a product of the value sets", fields=("product",))
    if not product.active:
        raise RecordError("product-inactive", "the value sets deprecate this product's code", fields=("product",))
    return product


def dose_numbers(record: VaccinationRecord) -> tuple[int, int]:
    """``dn`` and ``sd`` of the latest dose.

    The product of the first dose says how long the primary series is. Inside it ``sd`` is that length; a booster counts
    itself (3/3, 4/4), except after a one-dose series, where ``sd`` stays 1 (2/1, 3/1): so readers tell a booster from
    the second dose of a two-dose series (Delegated Regulation (EU) 2022/256).
    """
    number = latest_dose(record).number
    first = min(record.doses, key=lambda dose: dose.number)
    primary = issuable_product(first).primary_doses
    if primary == 1:
        return number, 1
    return number, max(number, primary)


def _name(record: VaccinationRecord) -> Name:
    name = split_name(record.person)
    fnt, gnt = transliterate(name.surname), transliterate(name.given)
    if not fnt and not gnt:
        raise RecordError("name-empty", "no letter is left of the name", fields=("full_name",))
    return Name(
        fn=clip(name.surname) if name.surname else None,
        fnt=fnt or None,
        gn=clip(name.given) if name.given else None,
        gnt=gnt or None,
    )
