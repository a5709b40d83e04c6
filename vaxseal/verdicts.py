"""Verdicts on a screen, for people, in English and Vietnamese."""

from typing import Final

from certificates.checking import CheckedCertificate
from certificates.errors import CheckError, CheckReason
from certificates.grounds import Grounds, ListsAge
from certificates.other_codes import WORDS, NotHealthCertificate
from certificates.records.model import instant_to_text
from certificates.rules import Outcome, RefusedByRules
from certificates.verdicts import SENTENCES
from vaxseal.console import out

_KINDS: Final = {
    "v": ("vaccination", "tiêm chủng"),
    "t": ("test", "xét nghiệm"),
    "r": ("recovery", "khỏi bệnh"),
}
_INVALID: Final = ("INVALID", "KHÔNG HỢP LỆ", "red")
_UNCHECKED: Final = ("NOT CHECKED", "CHƯA KIỂM TRA ĐƯỢC", "yellow")  # it says nothing of whoever holds the code


def show(verdict: CheckedCertificate | CheckError, name: str | None) -> None:
    """The verdict for a person: a sentence in English, one in Vietnamese, then what it is about."""
    if name is not None:
        out.print(_shown(name), style="bold", markup=False)
    if isinstance(verdict, RefusedByRules):
        _show_rules(verdict)
        return
    if isinstance(verdict, CheckError):
        english, vietnamese = SENTENCES[verdict.reason]
        heading, heading_vi, style = _UNCHECKED if verdict.reason is CheckReason.TRUST else _INVALID
        detail = f"{verdict.reason.value}: {_shown(verdict.detail)}"
        out.print(f"{heading} - {english} ({detail})", style=style, markup=False)
        named = f" Đây là {WORDS[verdict.kind][1]}." if isinstance(verdict, NotHealthCertificate) else ""
        out.print(f"{heading_vi} - {vietnamese}{named}", style=style, markup=False)
        return
    kind = next(kind for kind in _KINDS if verdict.payload.get(kind))
    english, vietnamese = _KINDS[kind]
    out.print(f"VALID - a {english} certificate, signed and in force.", style="green", markup=False)
    out.print(f"HỢP LỆ - giấy chứng nhận {vietnamese}, chữ ký số đúng, còn hiệu lực.", style="green", markup=False)
    _show_facts(verdict, kind)


def show_grounds(grounds: Grounds, verdict: CheckedCertificate | CheckError) -> None:
    """What a verdict rests on: rules that are met, whether anybody asked for revocation, how old the lists are."""
    if not isinstance(verdict, CheckError):
        if grounds.acceptance is not None:
            place = ", ".join(filter(None, (grounds.acceptance.country, grounds.acceptance.policy)))
            out.print(f"  Rules met: {place}. / Đáp ứng quy định: {place}.", markup=False)
        if grounds.revocation is None:
            out.print("  Not checked whether it was revoked: only --bundle says so.", style="yellow", markup=False)
            out.print("  Chưa kiểm tra việc thu hồi: chỉ --bundle mới cho biết.", style="yellow", markup=False)
    if grounds.lists is not None:
        _show_age(grounds.lists)


def _show_age(lists: ListsAge) -> None:
    old = ("", "") if not lists.old else (": fetch newer ones", ": hãy tải bản mới")
    out.print(
        f"  Lists: version {lists.version}, {lists.hours} hours old{old[0]}. / "
        f"Danh sách: phiên bản {lists.version}, {lists.hours} giờ trước{old[1]}.",
        style="yellow" if lists.old else "",
        markup=False,
    )


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
