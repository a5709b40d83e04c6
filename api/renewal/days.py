"""On which day a passport is renewed: within its last month, and never all of one day on the same day again."""

from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Final

from certificates.records.dates import local_day

BEGINS: Final = timedelta(days=30)  # before the passport's end (DOMAIN: renewal starts 30 days ahead, spread)
SPREAD: Final = 20  # days that the renewals of one day's passports are spread over; the last ten are for signing them


def renewal_day(uvci: str, expires_at: datetime) -> date:
    """The day in Viet Nam: 30 to 11 days before the end, by SHA-256 over the certificate code."""
    place = int.from_bytes(sha256(uvci.encode("ascii")).digest()[:8], "big") % SPREAD
    return local_day(expires_at - BEGINS) + timedelta(days=place)
