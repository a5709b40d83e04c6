"""The service's own word that it rebuilt a job's message: what was checked when the job was made is not built again.

A seal is an HMAC-SHA256 under the service's secret over everything that the message was made of, and the message. Who
changes a row of the database afterwards has no secret: the seal does not fit, and the message is built and compared
anew.
"""

import hmac
from operator import attrgetter
from typing import Any, Final

import cbor2

from api.signing.work import VersionRow
from certificates.jobs import Task

_PURPOSE: Final = "vaxseal/job/1"
_made_of: Final = attrgetter(  # columns of `api.signing.work.select_versions`
    "record_id",
    "version",
    "document",
    "digest",
    "evidence",
    "uvci",
    "issued_at",
    "expires_at",
    "issuer",
    "country",
)


def seal_job(secret: bytes, row: VersionRow, *, job_id: str, task: Task, fingerprint: bytes, tbs: bytes) -> bytes:
    """The seal of one job.

    Args:
        row: the version of the record with evidence and intent, as `select_versions` reads it.
        fingerprint: of the certificate whose key shall sign.
    """
    said = [_PURPOSE, job_id, task, fingerprint, tbs, *_made_of(row)]
    return hmac.digest(secret, cbor2.dumps(said), "sha256")


def is_sealed(secret: bytes, row: VersionRow, seal: bytes | None, **job: Any) -> bool:
    """Whether the seal is the one of this job and this row, as they stand now."""
    return seal is not None and hmac.compare_digest(seal, seal_job(secret, row, **job))
