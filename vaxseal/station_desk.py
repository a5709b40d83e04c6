"""`vaxseal station desk`: the page is opened, and stays until the person ends it."""

import sys
import threading
import webbrowser
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from vaxseal.choosing import certificates_for
from vaxseal.console import emit_json, err, now, stop
from vaxseal.opening import begin, check_session
from vaxseal.sentences import sentence_of
from vaxseal.state import journal_folder, state_folder
from vaxseal.tokens import selector
from vaxseal.vietnamese import vietnamese_of

if TYPE_CHECKING:
    from certificates.jobs import Task
    from hsm.tokens import TokenSelector
    from signer.client import Mode
    from signer.desk.key import Choose
    from signer.desk.serving import Desk
    from signer.desk.sitting import DeskSettings


def run(
    *,
    practice: bool,
    centre: str | None,
    account: str | None,
    module: Path | None,
    serial: str | None,
    label: str | None,
    certificate: str | None,
    limit: int,
    mode: "Mode",
    journal: Path | None,
    list_roots: Path | None,
    port: int,
    browser: bool,
    json: bool,
) -> None:
    """Serve the page until Ctrl-C, or until standard input ends where ``json`` asks for an address only."""
    from api.errors import CentreError
    from certificates.errors import CertificateError
    from hsm.errors import TokenError
    from hsm.process_guard import forbid_dumps
    from signer.desk.sitting import DeskSettings
    from signer.errors import AgentError

    forbid_dumps()  # PINs pass through this process
    with ExitStack() as made:
        try:
            if practice:
                settings, place, meant = made.enter_context(_practice(limit))
            else:
                if not centre or not account:
                    stop("centre-missing", "Say --centre and --account, or --practice.", json=json)
                kept = journal_folder(journal)
                settings = DeskSettings(
                    centre=centre,
                    account=account,
                    mode=mode,
                    journal=kept,
                    receipts=state_folder() / "receipts",
                    limit=limit,
                    vietnamese=vietnamese_of,
                    choose=_chooser(certificate, mode),
                    begin=partial(begin, may_be_offline=True),
                    check=partial(check_session, journal=kept, list_roots=list_roots),
                )
                place, meant = module, selector(serial, label)
            desk = made.enter_context(_desk(settings, place, meant, port))
        except (AgentError, CentreError, CertificateError, TokenError) as error:
            stop(error.code, sentence_of(error), vietnamese=vietnamese_of(error.code), json=json)
        with suppress(KeyboardInterrupt):
            _stay(desk, browser=browser, json=json)
    if not json:
        err.print("Bàn ký đã tắt.\nThe desk has ended.", markup=False)


def _chooser(named: str | None, mode: "Mode") -> "Choose":
    task: Task = "confirm" if mode == "two-tier" else "issue"
    return lambda stored: certificates_for(stored, named, task=task, at=now())


def _desk(settings: "DeskSettings", module: Path | None, meant: "TokenSelector", port: int) -> "Desk":
    """Raises AgentError, ModuleNotFound."""
    from hsm.drivers import installed_drivers
    from hsm.errors import ModuleNotFound
    from hsm.modules import named_module
    from signer.client import CentreClient
    from signer.desk.serving import Desk
    from vaxseal.fault_report import fault_report

    CentreClient(settings.centre).close()  # is it an address at all?
    named = named_module(module)
    modules = [named] if named else [driver.path for driver in installed_drivers()]
    if not modules:
        raise ModuleNotFound("no driver for tokens is installed: vaxseal token doctor says what to do")
    return Desk(settings, modules, meant, port=port, report=lambda: fault_report(module, meant, settings))


@contextmanager
def _practice(limit: int) -> "Iterator[tuple[DeskSettings, Path | None, TokenSelector]]":
    from signer.desk.sitting import DeskSettings
    from vaxseal.practice import ACCOUNT, practice

    with practice() as made:
        yield (
            DeskSettings(
                centre=made.centre,
                account=ACCOUNT,
                mode="two-tier",
                journal=made.folder / "batches",
                receipts=made.folder / "receipts",
                limit=limit,
                vietnamese=vietnamese_of,
                choose=lambda stored: (),
                begin=partial(begin, may_be_offline=False),
                check=lambda agent, session: None,
                practice_pin=made.pin,
            ),
            made.module,
            selector(made.serial, None),
        )


def _stay(desk: "Desk", *, browser: bool, json: bool) -> None:
    page = desk.new_page()
    if json:
        emit_json({"page": page})
    else:
        err.print(f"Bàn ký: {page}", markup=False)
        err.print(
            "Bấm Enter để mở lại trang; Ctrl-C để tắt.\nPress Enter to open the page again; Ctrl-C ends the desk.",
            markup=False,
        )
        if browser:
            webbrowser.open(page)
    for _ in sys.stdin or ():  # a program without a window has none
        page = desk.new_page()
        if json:
            emit_json({"page": page})
        else:
            err.print(f"Bàn ký: {page}", markup=False)
            if browser:
                webbrowser.open(page)
    if not json:
        threading.Event().wait()  # without a keyboard, a signal ends it
