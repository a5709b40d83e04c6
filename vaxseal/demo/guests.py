"""Who may look around in the demo's service afterwards: accounts, what opens them, and the pages to open."""

import base64
import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from api.accounts.administration import add_account
from api.accounts.login import PasswordAndCode, prove_by_password
from api.accounts.passwords import new_password
from api.accounts.second_factor import STEP, code_at
from api.context import Centre
from api.signing.enrolment import add_unit
from certificates.uvci import printed
from vaxseal.console import err
from vaxseal.demo.holders import Holder
from vaxseal.demo.province import MINISTRY, PROVINCE, STATIONS

POLICE: Final = "CA-LS"
_OPERATOR: Final = "operator"
_LONG: Final = 10**6  # seconds
_PEOPLE: Final = (
    ("clerk", STATIONS[0].code, ("clerk",), "/work"),
    ("police", POLICE, ("police",), "/work"),
    ("overseer", MINISTRY.code, ("overseer",), "/oversight"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """An account of the demo. ``secret`` is that of its six digits."""

    account: str
    page: str
    password: str = field(repr=False)
    secret: bytes = field(repr=False)


def invite(centre: Centre) -> list[Guest]:
    """One person of each kind, whose password is set already: a clerk, police, an overseer."""
    now = centre.clock()
    named: dict[str, Any] = {"code": POLICE, "name": "Công an xã Kim Long", "kind": "police", "province": PROVINCE}
    add_unit(centre.engine, **named, parent=MINISTRY.code, opened_on=date(2020, 1, 1), by=_OPERATOR, at=now)
    return [_invite(centre, account, unit, roles, page) for account, unit, roles, page in _PEOPLE]


def _invite(centre: Centre, account: str, unit: str, roles: tuple[str, ...], page: str) -> Guest:
    handed = add_account(centre, account=account, unit=unit, roles=roles, by=_OPERATOR)
    secret = base64.b32decode(parse_qs(urlsplit(handed.otpauth).query)["secret"][0])
    password = new_password()
    before = code_at(secret, centre.clock() - timedelta(seconds=STEP))  # the one of now stays good
    prove_by_password(
        centre, PasswordAndCode(account=account, password=handed.password, code=before, new_password=password)
    )
    return Guest(account=account, page=page, password=password, secret=secret)


def stay_up(centre: Centre, url: str, guests: Sequence[Guest], holder: Holder | None) -> None:
    """Show the pages until Ctrl-C, on a terminal with the six digits of the moment, elsewhere those of the start."""
    with contextlib.suppress(KeyboardInterrupt), Live(console=err, auto_refresh=False) as live:
        while True:
            now = centre.clock()
            shown = _shown(url, guests, holder, [code_at(one.secret, now) for one in guests])
            if not err.is_terminal:
                err.print(shown)
                time.sleep(_LONG)
            live.update(shown, refresh=True)
            time.sleep(STEP - now.timestamp() % STEP)


def _shown(url: str, guests: Sequence[Guest], holder: Holder | None, codes: list[str]) -> Group:
    staff = Table(title="Pages of the staff", title_justify="left", title_style="bold")
    for column in ("page", "account", "password", "six digits"):
        staff.add_column(column, overflow="fold")
    for guest, code in zip(guests, codes, strict=True):
        staff.add_row(guest.page, guest.account, guest.password, code)
    lines = [
        f"\nThe service is up at {url} (its API: {url}/openapi.json). Ctrl-C ends it.",
        f"  {url}/scan  the scanner",
    ]
    if holder is not None:
        slip = f"slip {holder.record_id} with code {holder.claim_code}"
        what = f"{slip}; or certificate {printed(holder.certificate_code)}, born {holder.date_of_birth}"
        lines.append(f"  {url}/me    a citizen: {what}")
    return Group(Text("\n".join(lines)), staff, Text("The digits change every 30 seconds, and each is good once."))
