"""Signed lists as people and machines read them."""

from datetime import datetime
from typing import Any

from rich.table import Table
from rich.text import Text

from certificates.bundle import CheckerBundle
from certificates.records.model import instant_to_text
from certificates.trust_list import TrustList
from vaxseal.console import out


def described(found: TrustList | CheckerBundle, at: datetime) -> dict[str, Any]:
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
        **(_contents(found) if isinstance(found, CheckerBundle) else {}),
    }


def print_list(found: TrustList | CheckerBundle, at: datetime) -> None:
    """A list on the screen: a line about it, what a bundle holds besides, and a table of its document signers."""
    print_head(found, at)
    table = Table()
    for heading in ("Country", "Document signer", "kid", "Usage", "Counts from", "Ends"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "kid")
    for entry in found.entries:
        certificate = entry.certificate
        subject = "".join(letter if letter.isprintable() else "\ufffd" for letter in certificate.subject)
        dates = (f"{day:%d/%m/%Y}" for day in (entry.use_from, certificate.not_after))
        table.add_row(entry.country, Text(subject), certificate.kid.hex(), entry.usage, *dates)
    out.print(table)


def print_head(found: TrustList | CheckerBundle, at: datetime) -> None:
    """What it is, how old, who signed it; of a bundle also how much it holds."""
    out.print(
        f"Version {found.version}, {_age_hours(found, at)} hours old, until {found.expires_at:%d/%m/%Y %H:%M} UTC, "
        f"signed by {found.signer.subject}.",
        markup=False,
    )
    if isinstance(found, CheckerBundle):
        contents = _contents(found)
        out.print(
            f"{len(found.entries):,} document signers, {contents['revoked']:,} revoked entries, "
            f"{contents['rules']:,} acceptance rules ({', '.join(contents['countries']) or 'no country'}).",
            markup=False,
        )


def _contents(found: CheckerBundle) -> dict[str, Any]:
    return {
        "revoked": len(found.revocation),
        "rules": len(found.rules.rules) if found.rules else 0,
        "countries": sorted(found.rules.countries) if found.rules else [],
    }


def _age_hours(found: TrustList | CheckerBundle, at: datetime) -> int:
    return int(found.age(at).total_seconds()) // 3600
