"""What a code is that is no EU health certificate: named, so that a checker knows what to ask for. Nothing is verified.

Sources: SMART Health Cards 1.4; ICAO VDS-NC 1.0 and Doc 9303-13; DIVOC 2; WHO SMART Trust (HCERT claims); the prefixes
of national systems as their verifiers publish them. A name is told by form alone; the content is never repeated.
"""

import json
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from certificates.errors import CheckError, CheckReason

_HCERT_DDCC_VACCINATION: Final = 3  # WHO SMART Trust, logical model HCert
_HCERT_DDCC_TEST: Final = 4
_HCERT_HEALTH_LINK: Final = 5
_HCERT_DVC: Final = -6
_ZIP: Final = "PK"  # what follows are control characters, which readers of pictures write in several ways
_ZIP_ENTRY: Final = "certificate.json"  # DIVOC: the only file in the archive, named in its first bytes
_ZIP_HEAD: Final = 256  # characters
_MRZ_SIZES: Final = frozenset({72, 88, 90})  # characters (ICAO 9303-4 to -6)


class OtherCode(StrEnum):
    """What it is. Closed; the values are stable names for machines."""

    HC1_ALTERED = "hc1-altered"
    HC1_TEST = "hc1-test"
    HC1_VERSION = "hc1-version"
    ICVP = "icvp"
    WHO_DDCC = "who-ddcc"
    SMART_HEALTH_CARD = "smart-health-card"
    HEALTH_LINK = "health-link"
    VDS_NC = "vds-nc"
    DIVOC = "divoc"
    VERIFIABLE_CREDENTIAL = "verifiable-credential"
    NATIONAL_PASS = "national-pass"  # noqa: S105 - no password
    TWO_D_DOC = "2d-doc"
    CERTIFICATE_CODE = "certificate-code"
    CITIZEN_CARD = "citizen-card"
    TRAVEL_DOCUMENT = "travel-document"
    ADDRESS = "address"


# What it is, as the end of "This is ...": English, Vietnamese.
WORDS: Final[Mapping[OtherCode, tuple[str, str]]] = {
    OtherCode.HC1_ALTERED: (
        "an EU health certificate whose beginning HC1: was lost or changed on the way: scan it again",
        "giấy chứng nhận y tế EU nhưng phần đầu HC1: bị mất hoặc bị thay đổi: hãy quét lại",
    ),
    OtherCode.HC1_TEST: (
        "a draft of the EU format (HL0 or HL1), made for tests only",
        "mã nháp của định dạng EU (HL0 hoặc HL1), chỉ dùng để thử nghiệm",
    ),
    OtherCode.HC1_VERSION: (
        "another version of the EU format than the one in use (HC1)",
        "phiên bản khác của định dạng EU, không phải phiên bản đang dùng (HC1)",
    ),
    OtherCode.ICVP: (
        "an International Certificate of Vaccination or Prophylaxis of the WHO (ICVP)",
        "Giấy chứng nhận quốc tế về tiêm chủng hoặc biện pháp dự phòng của WHO (ICVP)",
    ),
    OtherCode.WHO_DDCC: (
        "a COVID-19 certificate in the WHO's own format (DDCC)",
        "giấy chứng nhận COVID-19 theo định dạng riêng của WHO (DDCC)",
    ),
    OtherCode.SMART_HEALTH_CARD: (
        "a SMART Health Card, as issued in the United States, Canada and Japan",
        "thẻ SMART Health Card, thường do Hoa Kỳ, Canada, Nhật Bản cấp",
    ),
    OtherCode.HEALTH_LINK: (
        "a link to health records (SMART or Verifiable Health Link), not a certificate",
        "liên kết tới hồ sơ sức khỏe (SMART hoặc Verifiable Health Link), không phải giấy chứng nhận",
    ),
    OtherCode.VDS_NC: (
        "a visible digital seal of the ICAO (VDS-NC), as issued in Australia and Japan",
        "dấu số hiển thị của ICAO (VDS-NC), thường do Úc, Nhật Bản cấp",
    ),
    OtherCode.DIVOC: (
        "a DIVOC certificate, as issued in India, Sri Lanka and the Philippines",
        "giấy chứng nhận DIVOC, thường do Ấn Độ, Sri Lanka, Philippines cấp",
    ),
    OtherCode.VERIFIABLE_CREDENTIAL: (
        "a verifiable credential of the W3C, whose issuer has a checker of its own",
        "chứng nhận điện tử theo chuẩn W3C, cần ứng dụng kiểm tra của nơi cấp",
    ),
    OtherCode.NATIONAL_PASS: (
        "a domestic health pass (as of Denmark, the Netherlands, New Zealand, Switzerland), not for travel",
        "thẻ y tế nội địa (như của Đan Mạch, Hà Lan, New Zealand, Thụy Sĩ), không dùng để đi lại",
    ),
    OtherCode.TWO_D_DOC: (
        "a French 2D-Doc, which only a French checker reads",
        "mã 2D-Doc của Pháp, chỉ ứng dụng của Pháp đọc được",
    ),
    OtherCode.CERTIFICATE_CODE: (
        "the code of a certificate only, not the certificate: ask for the QR passport",
        "mã số của giấy chứng nhận, không phải giấy chứng nhận: hãy yêu cầu mã QR hộ chiếu vắc xin",
    ),
    OtherCode.CITIZEN_CARD: (
        "the code of a Vietnamese citizen identity card",
        "mã QR của thẻ căn cước công dân Việt Nam",
    ),
    OtherCode.TRAVEL_DOCUMENT: (
        "the machine-readable zone of a travel document, which is compared with a certificate by --mrz",
        "vùng đọc máy (MRZ) của giấy tờ đi lại, dùng để đối chiếu với giấy chứng nhận qua --mrz",
    ),
    OtherCode.ADDRESS: (
        "the address of a web page, which proves nothing: do not open it",
        "địa chỉ trang web, không chứng minh được gì: không nên mở",
    ),
}


class NotHealthCertificate(CheckError):  # noqa: N818 - it is a CheckError, and reads like one where it is raised
    """A code of another kind, which is named. The detail holds nothing of the code."""

    def __init__(self, reason: CheckReason, kind: OtherCode) -> None:
        super().__init__(reason, f"this is {WORDS[kind][0]}")
        self.kind = kind


def identify(text: str) -> OtherCode | None:
    """What a text is that is no HC1 text; None where nobody can say. Raises nothing for any text.

    Args:
        text: as scanned; the caller bounds its length (a QR code holds 7,089 characters at most).
    """
    if text.startswith("HC1:"):
        return None
    start = text.lstrip("\ufeff \t\r\n")
    for pattern, kind in _FORMS:
        if pattern.match(start):
            return kind
    if start.startswith(_ZIP) and _ZIP_ENTRY in start[:_ZIP_HEAD]:
        return OtherCode.DIVOC
    if start.startswith("{"):
        return _identify_json(start)
    compact = "".join(start.split())
    if len(compact) in _MRZ_SIZES and _MRZ.fullmatch(compact):
        return OtherCode.TRAVEL_DOCUMENT
    return None


def identify_claim(hcert: object) -> OtherCode | None:
    """What the health claim (CWT claim -260) of an HC1 text holds instead of an EU certificate."""
    if not isinstance(hcert, dict):
        return None
    return next((kind for label, kind in _CLAIMS.items() if label in hcert), None)


def _identify_json(text: str) -> OtherCode | None:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    data, context = _map(document).get("data"), document.get("@context")
    if isinstance(_map(_map(data).get("hdr")).get("t"), str):
        return OtherCode.VDS_NC
    if context is None:
        return OtherCode.SMART_HEALTH_CARD if "verifiableCredential" in document else None
    divoc = any(isinstance(each, str) and _DIVOC.search(each) for each in _list(context))
    return OtherCode.DIVOC if divoc else OtherCode.VERIFIABLE_CREDENTIAL


def _map(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


_CLAIMS: Final = {
    _HCERT_DVC: OtherCode.ICVP,
    _HCERT_DDCC_VACCINATION: OtherCode.WHO_DDCC,
    _HCERT_DDCC_TEST: OtherCode.WHO_DDCC,
    _HCERT_HEALTH_LINK: OtherCode.HEALTH_LINK,
}
# The first that fits. zlib in Base45 starts with one of four triples (RFC 1950, 2.2; RFC 9285).
_FORMS: Final = tuple(
    (re.compile(pattern, re.ASCII), kind)
    for pattern, kind in (
        (r"(?i:HC1):", OtherCode.HC1_ALTERED),
        (r"(?:6BF|NCF|V7F|Y9F)[0-9A-Z $%*+./:-]{100}", OtherCode.HC1_ALTERED),
        (r"HL[01]:", OtherCode.HC1_TEST),
        (r"HC[0-9A-Z]:", OtherCode.HC1_VERSION),
        (r"[A-Z]{2}[0-9]:|NZCP:/", OtherCode.NATIONAL_PASS),
        (r"(?i:shc):/", OtherCode.SMART_HEALTH_CARD),
        (r"(?i:https?://\S*#)?(?i:shlink|vhlink):/", OtherCode.HEALTH_LINK),
        (r"DC0[1-4][0-9A-Z]{8}", OtherCode.TWO_D_DOC),
        (r"(?i:URN:UVCI):", OtherCode.CERTIFICATE_CODE),
        (r"[0-9]{12}\|[^|]*\|", OtherCode.CITIZEN_CARD),
        (r"(?i:https?)://", OtherCode.ADDRESS),
    )
)
_DIVOC: Final = re.compile("divoc|cowin", re.IGNORECASE)
_MRZ: Final = re.compile("[0-9A-Z<]*<<[0-9A-Z<]*", re.ASCII)
