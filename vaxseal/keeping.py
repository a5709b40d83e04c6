"""`vaxseal station take`, `status` and `discard`: what is kept on this machine between two sittings."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from certificates.records.model import instant_to_text
from vaxseal.console import EXIT_NO, emit_json, err, now, out, stop
from vaxseal.opening import Place, open_agent
from vaxseal.sentences import sentence_of
from vaxseal.state import journal_folder
from vaxseal.tokens import person_source, pin_source
from vaxseal.vietnamese import vietnamese_of

if TYPE_CHECKING:
    from signer.client import Mode
    from signer.journal_folder import BatchStatus

_TAKEN: Final = (
    "Đã lấy về {count} hồ sơ, ký được đến {until}, kể cả khi không có mạng: dùng vaxseal station sign.\n"
    "{count} records were taken; they can be signed until {until}, also without a network: use vaxseal station sign."
)
_NOTHING_TAKEN: Final = "Không có hồ sơ nào sẵn sàng để lấy về.\nNothing is ready to be taken."
_NOTHING_KEPT: Final = "Không còn việc dở dang trên máy này.\nNothing is unfinished on this machine."
_ADVICE: Final = {  # what to do, by code: Vietnamese, English
    "send": (
        "Hãy chạy vaxseal station sign khi có mạng để gửi chữ ký.",
        "Run vaxseal station sign while there is a network, to send the signatures.",
    ),
    "sign": (
        "Hãy chạy vaxseal station sign để ký tiếp và gửi.",
        "Run vaxseal station sign to sign the rest and send it.",
    ),
    "damaged": (
        "Không đọc được: hãy xóa bằng vaxseal station discard. Máy chủ sẽ giao lại các hồ sơ này khi hết hạn.",
        "It cannot be read: remove it with vaxseal station discard. The centre hands its records out again in time.",
    ),
}


def take(
    *,
    centre: str,
    account: str,
    module: Path | None,
    serial: str | None,
    label: str | None,
    certificate: str | None,
    limit: int,
    json: bool,
    pin_stdin: bool,
    last_try: bool,
    mode: "Mode",
    journal: Path | None,
    list_roots: Path | None,
) -> None:
    """Lease records for work without a network, and keep them. Leaves with the exit code."""
    from certificates.errors import CertificateError
    from hsm.errors import TokenError
    from hsm.process_guard import forbid_dumps
    from signer.errors import AgentError

    forbid_dumps()  # the PIN passes through this process
    place = Place(
        centre=centre,
        account=account,
        role="station",
        mode=mode,
        module=module,
        serial=serial,
        label=label,
        certificate=certificate,
        last_try=last_try,
        journal=journal_folder(journal),
        list_roots=list_roots,
    )
    try:
        pin = pin_source("PIN of the token", from_stdin=pin_stdin)
        with open_agent(place, pin, person=person_source(account, from_stdin=pin_stdin)) as opened:
            batch = opened.agent.take_along(limit)
    except (TokenError, AgentError, CertificateError) as error:
        stop(error.code, sentence_of(error), vietnamese=vietnamese_of(error.code), json=json)
    count = len(batch.reviewed)
    if json:
        emit_json(
            {
                "taken": count,
                "refused": [refusal.to_dict() for refusal in batch.refusals],
                "deadline": instant_to_text(batch.deadline) if count else None,
                "waiting": batch.waiting,
            }
        )
    else:
        text = _TAKEN.format(count=count, until=_local(batch.deadline)) if count else _NOTHING_TAKEN
        out.print(text, markup=False)
    if not count:
        raise SystemExit(EXIT_NO)


def status(journal: Path | None, *, json: bool) -> None:
    """What is unfinished. Leaves with the exit code."""
    from signer.errors import AgentError
    from signer.journal_folder import JournalFolder

    at = now()
    try:
        folder = JournalFolder(journal_folder(journal))
        folder.erase_lapsed(at)
        statuses = folder.statuses()
    except AgentError as error:
        stop(error.code, sentence_of(error), vietnamese=vietnamese_of(error.code), json=json)
    if json:
        emit_json({"batches": [_to_dict(one, at) for one in statuses]})
    elif not statuses:
        out.print(_NOTHING_KEPT, markup=False)
    else:
        for one in statuses:
            _print(one, at)
    if statuses:
        raise SystemExit(EXIT_NO)


def discard(name: str, journal: Path | None, *, json: bool) -> None:
    """Destroy one batch."""
    from signer.errors import AgentError
    from signer.journal_folder import JournalFolder

    try:
        JournalFolder(journal_folder(journal)).discard(name)
    except AgentError as error:
        stop(error.code, sentence_of(error), vietnamese=vietnamese_of(error.code), json=json)
    if json:
        emit_json({"discarded": name})
    else:
        err.print(f"Đã xóa {name}.\n{name} was destroyed.", markup=False)


def _advice(one: "BatchStatus", at: datetime) -> str:
    if one.terms is None:
        return "damaged"
    return "sign" if one.unsigned and at < one.terms.deadline else "send"


def _to_dict(one: "BatchStatus", at: datetime) -> dict[str, Any]:
    vietnamese, english = _ADVICE[_advice(one, at)]
    terms = one.terms
    return {
        "batch": one.name,
        "fault": one.fault,
        "account": terms and terms.account,
        "unit": terms and terms.unit,
        "centre": terms and terms.centre,
        "offline": terms and terms.offline,
        "leased_at": terms and instant_to_text(terms.leased_at),
        "deadline": terms and instant_to_text(terms.deadline),
        "records": one.jobs,
        "signed": one.signed,
        "unsent": one.unsent,
        "unsigned": one.unsigned,
        "doubtful": one.doubtful,
        "advice": _advice(one, at),
        "detail": english,
        "detail_vi": vietnamese,
    }


def _print(one: "BatchStatus", at: datetime) -> None:
    out.print(one.name, markup=False)
    if one.terms is not None:
        until = _local(one.terms.deadline)
        out.print(
            f"  {one.terms.account}, {one.terms.unit}: {one.jobs} hồ sơ, đã ký {one.signed}, chưa gửi {one.unsent}, "
            f"chưa ký {one.unsigned}; hạn {until}.\n"
            f"  {one.jobs} records, {one.signed} signed, {one.unsent} not sent, {one.unsigned} not signed; "
            f"until {until}.",
            markup=False,
        )
    for text in _ADVICE[_advice(one, at)]:
        out.print(f"  {text}", markup=False)


def _local(instant: datetime) -> str:
    return instant.astimezone().strftime("%H:%M %d/%m/%Y")
