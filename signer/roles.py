"""The command that was started and what the centre takes a token for must be one thing."""

from typing import Final, Literal

from certificates.jobs import Task
from signer.client import Mode
from signer.errors import AgentError

Role = Literal["station", "ministry", "watch"]
_TASKS: Final[dict[tuple[Role, Mode], Task]] = {
    ("station", "two-tier"): "confirm",
    ("station", "station"): "issue",
    ("ministry", "two-tier"): "issue",
}
_DIFFERS: Final[dict[tuple[Role, Mode], str]] = {
    ("station", "two-tier"): (
        "The centre asks this station to sign passports, but in two-tier mode a station only confirms: nothing was "
        "signed. If this is the ministry's token, use `vaxseal ministry sign`."
    ),
    ("station", "station"): "The centre asks for confirmations, but in station mode the station signs passports.",
    ("ministry", "two-tier"): "The centre takes this token for a station's: use `vaxseal station sign`.",
}
_WATCHED: Final = "This token sees to the log and the lists: it signs no records."


def check_role(role: Role, mode: Mode, *, task: Task, centre_mode: Mode) -> None:
    """The centre does not choose the mode: else it could make every station's token sign passports.

    The watch over the log signs no records, so that it works in both modes, with any token of the ministry.

    Raises AgentError ``mode-differs`` or ``role-differs``.
    """
    if role == "watch":
        if task == "watch" or (task, centre_mode) == ("issue", "two-tier"):
            return
        raise AgentError("role-differs", "The centre takes this token for a station's: the log is the ministry's.")
    if centre_mode != mode:
        raise AgentError(
            "mode-differs",
            f"The centre works in {centre_mode} mode, this machine in {mode} mode: nothing was signed. If your "
            "authority says that the centre is right, set --mode or VAXSEAL_MODE."
            if role == "station"
            else "In station mode the stations sign the passports: there is nothing for the ministry.",
        )
    if task == "watch":
        raise AgentError("role-differs", _WATCHED)
    if _TASKS.get((role, mode)) != task:
        raise AgentError("role-differs", _DIFFERS[role, mode])
