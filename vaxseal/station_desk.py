"""`vaxseal station desk`: the page is opened, and stays until the person ends it."""

import sys
import threading
import webbrowser
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from vaxseal.console import emit_json, err, stop
from vaxseal.sentences import sentence_of
from vaxseal.state import journal_folder, state_folder
from vaxseal.tokens import selector
from vaxseal.vietnamese import vietnamese_of

if TYPE_CHECKING:
    from signer.client import Mode
    from signer.desk.serving import Desk


def run(
    *,
    centre: str,
    account: str,
    module: Path | None,
    serial: str | None,
    label: str | None,
    limit: int,
    mode: "Mode",
    journal: Path | None,
    port: int,
    browser: bool,
    json: bool,
) -> None:
    """Serve the page until Ctrl-C, or until standard input ends where ``json`` asks for an address only."""
    from hsm.drivers import installed_drivers
    from hsm.errors import ModuleNotFound, TokenError
    from hsm.modules import named_module
    from hsm.process_guard import forbid_dumps
    from signer.client import CentreClient
    from signer.desk.serving import Desk
    from signer.desk.sitting import DeskSettings
    from signer.errors import AgentError
    from vaxseal.fault_report import fault_report

    forbid_dumps()  # PINs pass through this process
    meant = selector(serial, label)
    settings = DeskSettings(
        centre=centre,
        account=account,
        mode=mode,
        journal=journal_folder(journal),
        receipts=state_folder() / "receipts",
        limit=limit,
        vietnamese=vietnamese_of,
    )
    try:
        CentreClient(centre).close()  # is it an address at all?
        named = named_module(module)
        modules = [named] if named else [driver.path for driver in installed_drivers()]
        if not modules:
            raise ModuleNotFound("no driver for tokens is installed: vaxseal token doctor says what to do")
        desk = Desk(settings, modules, meant, port=port, report=lambda: fault_report(module, meant, settings))
    except (AgentError, TokenError) as error:
        stop(error.code, sentence_of(error), vietnamese=vietnamese_of(error.code), json=json)
    with desk, suppress(KeyboardInterrupt):
        _stay(desk, browser=browser, json=json)
    if not json:
        err.print("Bàn ký đã tắt.\nThe desk has ended.", markup=False)


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
    for _ in sys.stdin:
        page = desk.new_page()
        if json:
            emit_json({"page": page})
        else:
            err.print(f"Bàn ký: {page}", markup=False)
            if browser:
                webbrowser.open(page)
    if not json:
        threading.Event().wait()  # without a keyboard, a signal ends it
