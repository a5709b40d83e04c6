"""A verdict as machines get it, and its closed sentences for people, in English and Vietnamese.

The command line and the service give this very answer.
"""

from collections.abc import Mapping
from typing import Any, Final

from certificates.checking import CheckedCertificate
from certificates.errors import CheckError, CheckReason
from certificates.other_codes import NotHealthCertificate
from certificates.records.model import instant_to_text
from certificates.rules import RefusedByRules

SENTENCES: Final[Mapping[CheckReason, tuple[str, str]]] = {
    CheckReason.CONTEXT: (
        "This is not the text of an EU health certificate.",
        "Đây không phải là mã của giấy chứng nhận y tế định dạng EU.",
    ),
    CheckReason.B45: ("The code is damaged (Base45).", "Mã bị hỏng (Base45)."),
    CheckReason.ZLIB: ("The code is damaged (compression).", "Mã bị hỏng (nén dữ liệu)."),
    CheckReason.COSE: (
        "The code has no signature that can be checked.",
        "Mã không có chữ ký số kiểm tra được.",
    ),
    CheckReason.KID: (
        "Nobody on the trust list signed this certificate.",
        "Người ký giấy chứng nhận này không có trong danh sách tin cậy.",
    ),
    CheckReason.SIG: (
        "The signature is false: the certificate was forged or altered.",
        "Chữ ký số không đúng: giấy chứng nhận bị giả mạo hoặc bị sửa đổi.",
    ),
    CheckReason.CWT: ("The signed data cannot be read.", "Không đọc được dữ liệu đã ký."),
    CheckReason.TIME: (
        "The certificate is not valid at this time.",
        "Giấy chứng nhận không có hiệu lực tại thời điểm này.",
    ),
    CheckReason.DSCTIME: (
        "The signer's own certificate is not valid for this time.",
        "Chứng thư số của người ký không có hiệu lực tại thời điểm này.",
    ),
    CheckReason.KEYUSAGE: (
        "The signer may not sign this kind of certificate.",
        "Người ký không được phép ký loại giấy chứng nhận này.",
    ),
    CheckReason.SCHEMA: (
        "The content does not follow the EU format.",
        "Nội dung không đúng định dạng của EU.",
    ),
    CheckReason.REVOKED: (
        "The issuer has revoked this certificate.",
        "Giấy chứng nhận này đã bị nơi cấp thu hồi.",
    ),
    CheckReason.RULE: (
        "The certificate is genuine, but it does not meet the rules that apply here.",
        "Giấy chứng nhận là thật, nhưng không đáp ứng quy định áp dụng tại đây.",
    ),
    CheckReason.TRUST: (
        "It cannot be checked: the list of trusted signers cannot be used. Fetch a new one.",
        "Không kiểm tra được: danh sách tin cậy không dùng được. Hãy tải danh sách mới.",
    ),
    CheckReason.PDF: (
        "The PDF certificate is not sound: its signature, page and attachment must agree.",
        "Tệp PDF không hợp lệ: chữ ký số, trang in và tệp đính kèm phải khớp nhau.",
    ),
}
"""For ever: what stands beside a reason, English first."""


def answer(verdict: CheckedCertificate | CheckError) -> dict[str, Any]:
    """The verdict as JSON: reason and detail where invalid; who, when and what only where it was proved.

    ``kid`` is in hexadecimal, ``alg`` is "ES256" or "PS256", times are RFC 3339 in UTC, ``payload`` is the DCC.
    ``other_code`` names a code of another system, where it is known (`certificates.other_codes.OtherCode`).
    With reason RULE ``rules`` says which rules are not met: "failed", or "open" where nobody can say.
    """
    if not isinstance(verdict, CheckError):
        return {"verdict": "valid", "reason": None, "detail": None, **_proved(verdict)}
    said = {"verdict": "invalid", "reason": verdict.reason.value, "detail": verdict.detail}
    if isinstance(verdict, NotHealthCertificate):
        said["other_code"] = verdict.kind.value
    if not isinstance(verdict, RefusedByRules):
        return said | dict.fromkeys(("issuer", "kid", "alg", "issued_at", "expires_at", "payload"))
    rules = [
        {
            "identifier": result.rule.identifier,
            "result": result.outcome.value,
            "description": {language: result.rule.description(language) for language in ("en", "vi")},
        }
        for result in verdict.not_met
    ]
    return {**said, **_proved(verdict.certificate), "rules": rules}


def _proved(certificate: CheckedCertificate) -> dict[str, Any]:
    return {
        "issuer": certificate.issuer,
        "kid": certificate.kid.hex(),
        "alg": certificate.algorithm,
        "issued_at": instant_to_text(certificate.issued_at),
        "expires_at": instant_to_text(certificate.expires_at),
        "payload": certificate.payload,
    }
