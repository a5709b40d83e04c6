"""What the desk's page shows and saves when something is wrong: of machine and token, and of nobody."""

import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from certificates.records.model import instant_to_text
from vaxseal.console import now

if TYPE_CHECKING:
    from hsm.tokens import TokenSelector
    from signer.desk.sitting import DeskSettings


def fault_report(module: Path | None, meant: "TokenSelector", settings: "DeskSettings") -> dict[str, Any]:
    """Findings of the doctor, versions, drivers, tokens and what is unfinished. No account, no record, no PIN."""
    from signer.errors import AgentError
    from signer.journal_folder import JournalFolder
    from vaxseal.commands.token_look import driver_dict, examine_machine
    from vaxseal.doctor import unique
    from vaxseal.token_reports import token_dict

    at = now()
    findings, reports, tokens = examine_machine(module, meant, at)
    try:
        unfinished: list[dict[str, Any]] = [
            {"fault": one.fault, "records": one.jobs, "signed": one.signed, "unsent": one.unsent}
            for one in JournalFolder(settings.journal).statuses()
        ]
    except AgentError as error:
        unfinished = [{"fault": error.code}]
    return {
        "made_at": instant_to_text(at),
        "vaxseal": version("vaxseal"),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "bits": 64 if sys.maxsize > 2**32 else 32,
        "centre": settings.centre,
        "mode": settings.mode,
        "practice": settings.practice_pin is not None,
        "findings": [finding.to_dict() for finding in unique(findings)],
        "drivers": [driver_dict(report) for report in reports],
        "tokens": [token_dict(token, at) for token in tokens],
        "unfinished": unfinished,
    }
