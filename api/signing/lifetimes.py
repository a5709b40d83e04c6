"""How long a certificate may sign."""

from datetime import datetime

from certificates.jobs import Task
from certificates.pki import SigningCertificate


def signs_until(certificate: SigningCertificate, task: Task) -> datetime:
    """The last moment: a passport lives 12 months and never longer than its signer's certificate; a confirmation needs
    the certificate only while it is made."""
    return previous_year(certificate.not_after) if task == "issue" else certificate.not_after


def previous_year(instant: datetime) -> datetime:
    """Twelve months earlier; 29 February becomes 28 February."""
    if (instant.month, instant.day) == (2, 29):
        instant = instant.replace(day=28)
    return instant.replace(year=instant.year - 1)
