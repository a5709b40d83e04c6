"""What a person reads on the page, compared with the record: the eleven fields of Decision 5772/QĐ-BYT and every dose.

Not whether a word stands somewhere: from the first label to the dates of issue the page's text must be, piece by piece,
label and value as they follow from the record. Blanks, line ends and places to break a word do not matter.
"""

from collections.abc import Iterator
from typing import Final

from certificates.errors import IssuanceError
from certificates.issuance import Terms
from certificates.payload import latest_dose
from certificates.pdf.page import printed_date, printed_instant, printed_nationality
from certificates.pdf.reading import squeeze
from certificates.records.model import Dose, VaccinationRecord, VerifiedRecord
from certificates.records.names import clean
from certificates.uvci import printed
from certificates.valuesets import PRODUCTS

_DISEASE: Final = "COVID-19"
_DATE: Final = "%d/%m/%Y"
_FIRST_LABEL: Final = "1 Họ và tên Full name"


def check_fields(text: str, record: VerifiedRecord, terms: Terms) -> None:
    """Compare a page with its record.

    Args:
        text: of the page, in the order of its tags (`certificates.pdf.reading.read_page`).

    Raises:
        IssuanceError: ``gate-text``; the detail names the first field that differs, and no value.
    """
    words = squeeze(text)
    label = squeeze(_FIRST_LABEL)
    place = words.find(label) + len(label)
    if place < len(label):
        raise _differs("full name")
    for field, expected in _pieces(record.record, terms):
        piece = squeeze(expected)
        if not words.startswith(piece, place):
            raise _differs(field)
        place += len(piece)


def _pieces(record: VaccinationRecord, terms: Terms) -> Iterator[tuple[str, str]]:
    """Each field's value with the label that follows it on the page: so nothing can stand behind a value."""
    person, latest = record.person, latest_dose(record)
    product = PRODUCTS[latest.product]
    born = "" if person.date_of_birth is None else printed_date(person.date_of_birth)
    yield "full name", clean(person.full_name) + "2 Ngày sinh Date of birth"
    yield "date of birth", born + "3 Quốc tịch Nationality"
    yield "nationality", printed_nationality(person.nationality) + "4 Bệnh được phòng Disease targeted"
    yield "disease targeted", _DISEASE + "5 Số mũi đã tiêm Number of doses received"
    yield "number of doses received", str(latest.number) + "11 Mã chứng nhận Certificate code"
    yield "certificate code", printed(terms.uvci) + "Mũi tiêm gần nhất Latest dose 6 Ngày tiêm Date of vaccination"
    yield "date of vaccination", latest.given_on.strftime(_DATE) + "7 Liều số, số lô Dose number, lot number"
    yield "dose and lot number", _dose_and_lot(latest) + "8 Vắc xin Vaccine"
    yield "vaccine", product.vaccine_vi + product.vaccine_en + "9 Tên sản phẩm Product"
    yield "product", product.name + "10 Nhà sản xuất Manufacturer"
    yield "manufacturer", product.manufacturer + "Tất cả các mũi tiêm All doses"
    yield (
        "table of doses",
        ("Mũi Dose Ngày tiêm Date Sản phẩm Product Số lô Lot Liều lượng Amount Cơ sở tiêm Unit Nước Country"),
    )
    for dose in sorted(record.doses, key=lambda dose: dose.number):
        yield from _row(dose)
    yield "time of issue", f"Ngày cấp Issued {printed_instant(terms.issued_at)} Giá trị đến Valid until"
    yield "time of expiry", printed_instant(terms.expires_at) + "Cơ quan cấp Issuer"
    yield "issuer", clean(terms.issuer) + "Chứng thư ký số Signing certificate"


def _dose_and_lot(dose: Dose) -> str:
    parts = (str(dose.number), clean(dose.amount), f"Số lô / Lot: {_lot(dose)}")
    return " · ".join(part for part in parts if part)


def _row(dose: Dose) -> Iterator[tuple[str, str]]:
    product = PRODUCTS.get(dose.product)
    cells = {
        "number": str(dose.number),
        "date of vaccination": dose.given_on.strftime(_DATE),
        "product": product.name if product else clean(dose.product),
        "lot number": _lot(dose),
        "amount": clean(dose.amount),
        "unit": clean(dose.unit),
        "country": clean(dose.country),
    }
    for name, value in cells.items():
        yield f"{name} of dose {dose.number}", value


def _lot(dose: Dose) -> str:
    return clean(dose.lot) or "–"


def _differs(field: str) -> IssuanceError:
    return IssuanceError("gate-text", f"the page does not show the record's {field}")
