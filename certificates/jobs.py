"""What crosses between the centre and a signing agent. Both ends compute; nobody signs blind.

A job names everything that goes into the signed bytes, so that the agent can build them itself and compare with
``tbs_digest``. On the wire these are JSON objects: bytes as base64, times as RFC 3339 in UTC with whole seconds. Not
every field of a job enters the signed bytes (the evidence does not), so the object carries a digest over all of itself.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import cbor2

from certificates.errors import IssuanceError, RecordError
from certificates.issuance import Terms
from certificates.records.model import (
    Evidence,
    VaccinationRecord,
    evidence_from_dict,
    instant_from_text,
    instant_to_text,
)

Task = Literal["confirm", "issue", "watch"]
"""What a token is for: what a unit's word or the ministry's key signs; or to see to the log and the lists: no job is of
that kind."""
Outcome = Literal["accepted", "already", "rejected", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningJob:
    """One record to confirm (two-tier, at the unit) or to issue (at the ministry, or at the unit in station mode).

    ``certificate_fingerprint`` is SHA-256 over the DER of the certificate whose key shall sign, ``tbs_digest`` SHA-256
    of the COSE message, ``signing_time`` the claimed time inside the PDF signature. ``confirmation`` is the unit's
    COSE_Sign1 and ``confirmed_by`` that certificate's fingerprint: both only for "issue" in two-tier.
    """

    job_id: str
    task: Task
    record: VaccinationRecord
    evidence: Evidence
    terms: Terms
    signing_time: datetime
    certificate_fingerprint: bytes
    tbs_digest: bytes
    layout: str
    confirmation: bytes | None = None
    confirmed_by: bytes | None = None

    def to_dict(self) -> dict[str, Any]:
        """The JSON object, sealed with ``job_digest`` over everything else in it."""
        body = {
            "job_id": self.job_id,
            "task": self.task,
            "record": self.record.to_dict(),
            "evidence": self.evidence.to_dict(),
            "uvci": self.terms.uvci,
            "issued_at": instant_to_text(self.terms.issued_at),
            "expires_at": instant_to_text(self.terms.expires_at),
            "issuer": self.terms.issuer,
            "country": self.terms.country,
            "signing_time": instant_to_text(self.signing_time),
            "certificate_fingerprint": _encode(self.certificate_fingerprint),
            "tbs_digest": _encode(self.tbs_digest),
            "layout": self.layout,
            "confirmation": _encode(self.confirmation),
            "confirmed_by": _encode(self.confirmed_by),
        }
        return {**body, "job_digest": _encode(job_digest(body))}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "SigningJob":
        """The inverse of `to_dict`. Raises IssuanceError ``job-form``, or ``job-digest`` where anything was changed."""
        try:
            _check_digest(data)
            return cls(
                job_id=read_job_id(data["job_id"]),
                task=_task(data["task"]),
                record=VaccinationRecord.from_dict(data["record"]),
                evidence=evidence_from_dict(data["evidence"]),
                terms=Terms(
                    uvci=str(data["uvci"]),
                    issued_at=instant_from_text(data["issued_at"]),
                    expires_at=instant_from_text(data["expires_at"]),
                    issuer=str(data["issuer"]),
                    country=str(data["country"]),
                ),
                signing_time=instant_from_text(data["signing_time"]),
                certificate_fingerprint=_required(data["certificate_fingerprint"]),
                tbs_digest=_required(data["tbs_digest"]),
                layout=str(data["layout"]),
                confirmation=_decode(data["confirmation"]),
                confirmed_by=_decode(data["confirmed_by"]),
            )
        except (KeyError, TypeError, ValueError, OverflowError, RecordError) as error:
            raise IssuanceError("job-form", "a field of the job is missing or of the wrong form") from error


def read_job_id(value: object) -> str:
    """The name of a job, which goes into databases and onto terminals. Raises ValueError for one of another form."""
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", value):
        raise ValueError("not the name of a job")
    return value


def _task(value: object) -> Task:
    if value == "confirm":
        return "confirm"
    if value == "issue":
        return "issue"
    raise ValueError("task")


def _check_digest(data: Mapping[str, Any]) -> None:
    if _required(data["job_digest"]) != job_digest(data):
        raise IssuanceError("job-digest", "the job is not the one that its digest was made for")


def job_digest(data: Mapping[str, Any]) -> bytes:
    """SHA-256 over the deterministic CBOR of a job's JSON object without its ``job_digest``.

    Raises ValueError for what is no JSON object of bounded depth.
    """
    try:
        body = {key: value for key, value in data.items() if key != "job_digest"}
        return hashlib.sha256(cbor2.dumps(body, canonical=True)).digest()
    except (cbor2.CBOREncodeError, RecursionError, AttributeError) as error:
        raise ValueError("not a JSON object") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedJob:
    """What the agent returns: the raw COSE signature and, where the key also signs the PDF, the passport's text, the
    CMS and the SHA-256 of the prepared PDF (with the signature's place still empty). The PDF itself does not travel:
    the centre builds the same one. The text does, because deflate writes differently from machine to machine."""

    job_id: str
    signature: bytes
    hc1: str | None = None
    cms: bytes | None = None
    pdf_digest: bytes | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "job_id": self.job_id,
            "signature": _encode(self.signature),
            "hc1": self.hc1,
            "cms": _encode(self.cms),
            "pdf_digest": _encode(self.pdf_digest),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "SignedJob":
        """The inverse of `to_dict`. Raises IssuanceError ``job-form``."""
        try:
            return cls(
                job_id=read_job_id(data["job_id"]),
                signature=_required(data["signature"]),
                hc1=None if data["hc1"] is None else str(data["hc1"]),
                cms=_decode(data["cms"]),
                pdf_digest=_decode(data["pdf_digest"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise IssuanceError("job-form", "a field of the signed job is missing or of the wrong form") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class JobResult:
    """What became of one job at the centre.

    ``reason`` is a code where the job was not taken, or its passport held; ``state`` the record's state afterwards
    (None: no such job in this lease).
    """

    job_id: str
    outcome: Outcome
    reason: str | None
    state: str | None


def _encode(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode("ascii")


def _decode(text: object) -> bytes | None:
    return None if text is None else _required(text)


def _required(text: object) -> bytes:
    if not isinstance(text, str):
        raise TypeError("base64 text expected")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("base64") from error
