"""Trust lists as people and machines read them."""

from datetime import datetime
from typing import Any

from rich.table import Table
from rich.text import Text

from certificates.records.model import instant_to_text
from certificates.trust_list import TrustList
from vaxseal.console import out


def described(found: TrustList, at: datetime) -> dict[str, Any]:
    """A list as JSON: times are RFC 3339 in UTC, the age in whole hours, fingerprints and kids in hexadecimal."""
    entries = [entry.to_dict() for entry in found.entries]
    for entry in entries:
        del entry["certificate"]
    return {
        "version": found.version,
        "issued_at": instant_to_text(found.issued_at),
        "expires_at": instant_to_text(found.expires_at),
        "age_hours": _age_hours(found, at),
        "signer": found.signer.subject,
        "entries": entries,
    }


def print_list(found: TrustList, at: datetime) -> None:
    """A list on the screen: a line about it, and a table of its entries."""
    out.print(
        f"Version {found.version}, {_age_hours(found, at)} hours old, until {found.expires_at:%d/%m/%Y %H:%M} UTC, "
        f"signed by {found.signer.subject}.",
        markup=False,
    )
    table = Table()
    for heading in ("Country", "Document signer", "kid", "Usage", "Counts from", "Ends"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "kid")
    for entry in found.entries:
        certificate = entry.certificate
        subject = "".join(letter if letter.isprintable() else "\ufffd" for letter in certificate.subject)
        dates = (f"{day:%d/%m/%Y}" for day in (entry.use_from, certificate.not_after))
        table.add_row(entry.country, Text(subject), certificate.kid.hex(), entry.usage, *dates)
    out.print(table)


def _age_hours(found: TrustList, at: datetime) -> int:
    return int(found.age(at).total_seconds()) // 3600
