"""What `vaxseal station sign` and `vaxseal ministry sign` share: PIN, table, question, progress bar, answer."""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import typer

from vaxseal.console import EXIT_NO, EXIT_USE, emit_json, err, out, plain, stop
from vaxseal.opening import Place, open_agent
from vaxseal.sentences import sentence_of
from vaxseal.state import journal_folder
from vaxseal.tokens import person_source, pin_source
from vaxseal.vietnamese import vietnamese_of

if TYPE_CHECKING:
    from hsm.worker.key import WorkerKey
    from signer.agent import SigningAgent
    from signer.batch import Batch, JobOutcome
    from signer.client import Mode
    from signer.roles import Role
    from signer.units import DailyCount, EnrolledUnits
    from vaxseal.unit_place import UnitPlace

WARNED: Final = timedelta(days=60)


_WITHOUT_NETWORK: Final = (
    "Không có mạng: ký những hồ sơ đã lấy về máy này; chữ ký được giữ lại và gửi ở lần chạy sau.\n"
    "No network: signing the records that are kept here; the signatures are kept and sent by the next run."
)

_KEPT: Final = (
    "{count} chữ ký được giữ trên máy này. Khi có mạng, hãy chạy lại lệnh này trước hạn để gửi.\n"
    "{count} signatures are kept on this machine. Run this again when there is a network, before the time is over."
)


def sign(
    *,
    role: "Role",
    centre: str,
    module: Path | None,
    serial: str | None,
    label: str | None,
    certificate: str | None,
    account: str,
    limit: int,
    everything: bool,
    yes: bool,
    json: bool,
    pin_stdin: bool,
    last_try: bool,
    journal: Path | None = None,
    list_roots: Path | None = None,
    mode: "Mode" = "two-tier",
    units: "UnitPlace | None" = None,
    count: "DailyCount | None" = None,
) -> None:
    """One sitting at a token: log in, then batch by batch show, ask, sign, send. Leaves with the exit code.

    ``certificate``: file or fingerprint, where the person chose one of several. ``units`` is the ministry's list:
    read anew for each batch, as a unit may be suspended meanwhile.
    """
    from certificates.errors import CertificateError
    from hsm.errors import TokenError
    from hsm.process_guard import forbid_dumps
    from signer.errors import AgentError
    from signer.units import EnrolledUnits

    def current() -> EnrolledUnits | None:
        return None if units is None else units.current(opened.agent.client, _tell_of_units)

    if json and not yes and not sys.stdin.isatty():
        sentence = "Nobody is there to be asked: say --yes to sign without a look at the table."
        _stop("approval-needed", sentence, None, 0, json=json)
    forbid_dumps()  # the PIN passes through this process
    agent: SigningAgent | None = None
    started = time.perf_counter()
    place = Place(
        centre=centre,
        account=account,
        role=role,
        mode=mode,
        module=module,
        serial=serial,
        label=label,
        certificate=certificate,
        last_try=last_try,
        journal=journal_folder(journal),
        list_roots=list_roots,
    )
    pin = pin_source("PIN of the token", from_stdin=pin_stdin)
    person = person_source(account, from_stdin=pin_stdin)
    try:
        listed = None if units is None else EnrolledUnits()
        with open_agent(place, pin, units=listed, count=count, may_be_offline=True, person=person) as opened:
            agent, key = opened.agent, opened.key
            if opened.session is None and not json:
                err.print(_WITHOUT_NETWORK, markup=False)
            elif opened.session is not None and not json:
                words = "confirms" if opened.session.task == "confirm" else "signs passports"
                where = f"{agent.client.centre}: {account} of {opened.session.unit}"
                err.print(f"Logged in at {where}, which {words}.", markup=False)
                _warn_of_end(opened.session.signs_until)
            waiting, declined = _work(agent, key, current, limit, everything=everything, yes=yes, json=json)
            agent.finish()
    except (TokenError, AgentError, CertificateError) as error:
        _stop(error.code, sentence_of(error), agent, started, json=json)
    except (KeyboardInterrupt, typer.Abort):
        _stop("stopped", "Stopped. What was signed has been sent; the rest waits.", agent, started, json=json)
    _answer(agent, started, waiting=waiting, json=json, declined=declined)
    kept = ("unsent",) if agent.offline else ()
    if declined or not all(_is_fine(outcome) or outcome.outcome in kept for outcome in agent.outcomes):
        raise SystemExit(EXIT_NO)


def _stop(code: str, sentence: str, agent: "SigningAgent | None", started: float, *, json: bool) -> NoReturn:
    """The end by an error, with the receipt of what was done before it."""
    if agent is None or not agent.outcomes:
        stop(code, sentence, vietnamese=vietnamese_of(code), json=json)
    error = {"error": code, "detail": sentence, "detail_vi": vietnamese_of(code)}
    _answer(agent, started, waiting=None, json=json, error=error)
    raise SystemExit(EXIT_USE)


def _work(
    agent: "SigningAgent",
    key: "WorkerKey",
    units: "Callable[[], EnrolledUnits | None]",
    limit: int,
    *,
    everything: bool,
    yes: bool,
    json: bool,
) -> tuple[int, bool]:
    """Batches until nothing waits (or one). Returns how many still wait, and whether the person said no.

    The PIN is forgotten behind each batch; where nobody is asked (``yes``), all of them are one.
    """
    from vaxseal.recovery import sign_through_losses

    def say(vietnamese: str, english: str) -> None:
        err.print(f"{vietnamese}\n{english}", markup=False)

    signed = 0
    while True:
        agent.units = units()
        batch = agent.next_batch(limit)
        if not len(batch):
            return batch.waiting, False
        if not json or not yes:
            _show(batch)
        if batch.reviewed and not yes and not _approve(len(batch.reviewed)):
            agent.put_back(batch)
            return batch.waiting, True
        approved = agent.approve(batch)
        with nullcontext() if yes else key.batch():
            sign_through_losses(agent, key, approved, partial(_bar, hidden=json), say)
        # Refused records may come back at once: a round that moved nothing is the last one.
        before, signed = signed, sum(outcome.outcome in ("accepted", "unsent") for outcome in agent.outcomes)
        if not everything or signed == before:
            return batch.waiting, False


def _tell_of_units(code: str) -> None:
    err.print(f"No newer list of units could be had ({code}): working by the one that is here.", markup=False)


def _warn_of_end(signs_until: datetime) -> None:
    """In good time: a new certificate takes weeks, and a passport's must be published before its first use."""
    if datetime.now(UTC) + WARNED > signs_until:
        day = f"{signs_until:%d/%m/%Y}"
        err.print(f"Token này chỉ ký được đến ngày {day}: hãy báo ngay cho đơn vị cấp trên để xin chứng thư mới.")
        err.print(f"This token signs only until {day}: tell the unit above yours now, and ask for a new certificate.")


def _approve(count: int) -> bool:
    """One line from the keyboard; no answer is a no, and so is Ctrl-C: the batch goes back at once."""
    try:
        err.print(f"Ký {count} hồ sơ này? / Sign these {count} records? [y/N] ", end="", markup=False)
        return sys.stdin.readline().strip().lower() in ("y", "yes", "c", "có", "co")
    except KeyboardInterrupt:
        err.print()
        return False


def _show(batch: "Batch") -> None:
    from rich.table import Table
    from rich.text import Text

    if batch.resumed:
        err.print(_resumed(batch), markup=False)
    table = Table(title=f"{len(batch.reviewed)} records to sign, oddities first", title_justify="left")
    for heading, widest in (("", 3), ("Name", 30), ("Born", 10), ("Dose", 24), ("Code", 32), ("Look at", 60)):
        table.add_column(heading, overflow="fold", max_width=widest)
    for number, job in enumerate(batch.reviewed, start=1):
        row = job.row
        style = "bold yellow" if any(oddity.weight > 1 for oddity in job.oddities) else ""
        cells = (
            str(number),
            f"{row.surname} {row.given_name}".strip(),
            row.date_of_birth,
            f"{row.dose} on {row.given_on}, {row.product}",
            f"{row.certificate_code} until {row.expires_on}",
            "; ".join(oddity.words for oddity in job.oddities),
        )
        table.add_row(*(Text(plain(cell)) for cell in cells), style=style)
    err.print(table)
    for refusal in (*batch.refusals, *batch.postponed):
        err.print(plain(f"Refused {refusal.job_id}: {refusal.reason} ({refusal.detail})"), markup=False)
    if batch.waiting:
        err.print(f"{batch.waiting} more records wait at the centre.", markup=False)


def _resumed(batch: "Batch") -> str:
    until = batch.deadline.astimezone().strftime("%H:%M %d/%m/%Y")
    return (
        f"Đợt ký trước chưa xong: còn {len(batch.reviewed)} hồ sơ, ký được đến {until}.\n"
        f"An earlier batch is unfinished: {len(batch.reviewed)} records, which can be signed until {until}."
    )


@contextmanager
def _bar(total: int, *, hidden: bool) -> Iterator[Any]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("Signing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, disable=hidden) as progress:
        task = progress.add_task("sign", total=total)
        yield lambda done: progress.update(task, advance=done)


def _answer(
    agent: "SigningAgent",
    started: float,
    *,
    waiting: int | None,
    json: bool,
    declined: bool = False,
    error: dict[str, str] | None = None,
) -> None:
    """The receipt: counts, and each job that was not accepted with its reason."""
    counts = Counter(outcome.outcome for outcome in agent.outcomes)
    seconds = time.perf_counter() - started
    if json:
        document: dict[str, Any] = {
            "role": agent.role,
            "counts": {name: counts[name] for name in ("accepted", "already", "rejected", "refused", "unsent")},
            "waiting": waiting,
            "declined": declined,
            "offline": agent.offline,
            "seconds": {stage: round(spent, 3) for stage, spent in {**agent.seconds, "all": seconds}.items()},
            "jobs": [
                {
                    "job_id": outcome.job_id,
                    "outcome": outcome.outcome,
                    "reason": outcome.reason,
                    "detail": outcome.detail,
                    "state": outcome.state,
                    "oddities": list(outcome.oddities),
                }
                for outcome in agent.outcomes
            ],
        }
        emit_json({**document, **(error or {})})
        return
    if not agent.outcomes:
        out.print("Nothing was signed." if declined else "Nothing waits to be signed.")
        return
    words = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    out.print(f"{len(agent.outcomes)} records in {seconds:.1f} s: {words}.", markup=False)
    for outcome in agent.outcomes:
        if not _is_fine(outcome):
            state = f", the record is {outcome.state}" if outcome.state else ""
            out.print(f"  {outcome.job_id} {outcome.outcome}: {outcome.reason or 'no answer'}{state}", markup=False)
    if agent.offline and counts["unsent"]:
        out.print(_KEPT.format(count=counts["unsent"]), markup=False)
    if waiting and not agent.offline:
        out.print(f"{waiting} more wait. Start again, or use --all.", markup=False)
    if error:
        for text in filter(None, (error["detail_vi"], error["detail"])):
            err.print(text, markup=False)


def _is_fine(outcome: "JobOutcome") -> bool:
    """Taken by the centre, and not held back by its gate (then the centre gives a reason)."""
    return outcome.outcome in ("accepted", "already") and outcome.reason is None
