"""Verdicts for machines and for people, in English and Vietnamese."""

from collections.abc import Mapping
from typing import Any, Final

from certificates.checking import CheckedCertificate
from certificates.errors import CheckError, CheckReason
from certificates.other_codes import WORDS, NotHealthCertificate
from certificates.records.model import instant_to_text
from certificates.rules import Outcome, RefusedByRules
from vaxseal.console import out

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
_KINDS: Final = {
    "v": ("vaccination", "tiêm chủng"),
    "t": ("test", "xét nghiệm"),
    "r": ("recovery", "khỏi bệnh"),
}


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


def show(verdict: CheckedCertificate | CheckError, name: str | None) -> None:
    """The verdict for a person: a sentence in English, one in Vietnamese, then what it is about."""
    if name is not None:
        out.print(_shown(name), style="bold", markup=False)
    if isinstance(verdict, RefusedByRules):
        _show_rules(verdict)
        return
    if isinstance(verdict, CheckError):
        english, vietnamese = SENTENCES[verdict.reason]
        out.print(f"INVALID - {english} ({verdict.reason.value}: {_shown(verdict.detail)})", style="red", markup=False)
        named = f" Đây là {WORDS[verdict.kind][1]}." if isinstance(verdict, NotHealthCertificate) else ""
        out.print(f"KHÔNG HỢP LỆ - {vietnamese}{named}", style="red", markup=False)
        return
    kind = next(kind for kind in _KINDS if verdict.payload.get(kind))
    english, vietnamese = _KINDS[kind]
    out.print(f"VALID - a {english} certificate, signed and in force.", style="green", markup=False)
    out.print(f"HỢP LỆ - giấy chứng nhận {vietnamese}, chữ ký số đúng, còn hiệu lực.", style="green", markup=False)
    _show_facts(verdict, kind)


def _show_rules(refusal: RefusedByRules) -> None:
    """Which rules are not met, in both languages, and whose certificate it is."""
    english, vietnamese = SENTENCES[refusal.reason]
    out.print(f"INVALID - {english} ({refusal.reason.value})", style="red", markup=False)
    out.print(f"KHÔNG HỢP LỆ - {vietnamese}", style="red", markup=False)
    for result in refusal.not_met:
        rule = result.rule
        doubt = f" ({result.detail})" if result.outcome is Outcome.OPEN else ""
        out.print(f"  {rule.identifier}  {_shown(rule.description('en') + doubt)}", style="red", markup=False)
        if "vi" in rule.descriptions:
            out.print(f"  {'':<{len(rule.identifier)}}  {_shown(rule.description('vi'))}", style="red", markup=False)
    if not refusal.not_met:
        out.print("  No rule is in force for it at this time.", style="red", markup=False)
        out.print("  Không có quy định nào đang có hiệu lực cho loại giấy này.", style="red", markup=False)
    payload = refusal.certificate.payload
    _show_facts(refusal.certificate, next(kind for kind in _KINDS if payload.get(kind)))


def _show_facts(certificate: CheckedCertificate, kind: str) -> None:
    for label, value in _facts(certificate, kind):
        out.print(f"  {label:<24}{_shown(value)}", markup=False)


def _facts(verdict: CheckedCertificate, kind: str) -> list[tuple[str, object]]:
    name, entry = verdict.payload["nam"], verdict.payload[kind][0]
    surname, given = name.get("fn") or name.get("fnt"), name.get("gn") or name.get("gnt")
    facts = [
        ("Name / Họ và tên", " ".join(part for part in (surname, given) if part)),
        ("Born / Ngày sinh", verdict.payload.get("dob")),
    ]
    if kind == "v":
        facts += [
            ("Dose / Mũi", f"{entry.get('dn'):g} / {entry.get('sd'):g}  ({entry.get('dt')})"),
            ("Product / Vắc xin", entry.get("mp")),
        ]
    return [
        *facts,
        ("Code / Mã", entry.get("ci")),
        ("Issuer / Nơi cấp", f"{verdict.issuer or '-'}, {entry.get('is')}"),
        ("Signer / Người ký", f"{verdict.signer.subject} ({verdict.algorithm})"),
        ("Until / Có giá trị đến", instant_to_text(verdict.expires_at)),
    ]


def _shown(value: object) -> str:
    """Printable letters only: a certificate's text must not steer a terminal."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in str(value))
