"""What the holder may fetch: the passport by what its QR shows anyway, the PDF by the claim code of the slip as well.

One refusal for everything: whoever guesses learns neither whether a code exists nor which part was wrong.
"""

import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import Select, bindparam, select

from api.complaints.disputes import is_held_back
from api.context import Centre
from api.errors import CentreError
from api.passports.slips import redeem_slip
from api.revocation.standing import is_revoked
from api.store.quick import Quick
from api.store.schema import passports, record_versions
from api.store.transactions import writing
from certificates.qr import qr_png
from certificates.records.model import instant_from_text
from certificates.uvci import normalise

Status = Literal["valid", "expired", "revoked"]
Ask = Callable[..., Any]  # takes a Quick and its values, gives the first row or None

# Every released passport with its record. Without the page, which few want and which is large.
RELEASED: Final[Select[Any]] = (
    select(
        passports.c.uvci,
        passports.c.record_id,
        passports.c.province,
        passports.c.issued_at,
        passports.c.expires_at,
        passports.c.hc1,
        passports.c.qr_png,
        record_versions.c.document,
        is_revoked(passports.c.uvci).label("revoked"),
        is_held_back(passports.c.record_id).label("held_back"),
    )
    .join(
        record_versions,
        (record_versions.c.record_id == passports.c.record_id) & (record_versions.c.version == passports.c.version),
    )
    .where(passports.c.state == "issued")
)
_BY_CODE: Final = Quick(RELEASED.where(passports.c.uvci == bindparam("code")))


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedPassport:
    """A released passport: what its QR shows, and whether it is valid now."""

    status: Status
    hc1: str
    qr_png: bytes
    expires_at: datetime


def fetch_passport(
    centre: Centre, *, certificate_code: str, date_of_birth: str, ask: Ask | None = None
) -> FetchedPassport:
    """The passport.

    Args:
        ask: how the query is sent; None: as it is.

    Raises CentreError ``passport-not-found`` for anything that does not match, ``passport-disputed``: somebody says
    that it is another person's, or was sold, and that is not decided yet.
    """
    row = find_released(centre, certificate_code, date_of_birth, ask)
    if row.held_back:
        raise CentreError("passport-disputed")
    expires_at = instant_from_text(row.expires_at)
    running: Status = "expired" if expires_at < centre.clock() else "valid"
    return FetchedPassport(
        status="revoked" if row.revoked else running,
        hc1=row.hc1,
        qr_png=row.qr_png or qr_png(row.hc1),
        expires_at=expires_at,
    )


def fetch_pdf(centre: Centre, *, certificate_code: str, date_of_birth: str, claim_code: str) -> bytes:
    """The signed PDF.

    Raises CentreError ``passport-not-found`` for anything that does not match, ``passport-revoked``: a revoked page
    would pass for good with whoever has an old list; ``passport-disputed`` as `fetch_passport`.

    A wrong claim code is counted; after `api.passports.slips.MOST_FAILURES` even the right one is refused.
    """
    row = find_released(centre, certificate_code, date_of_birth)
    with writing(centre.engine) as connection:
        right = redeem_slip(connection, centre.secret, row.record_id, claim_code, act="fetch-pdf", at=centre.clock())
    if not right:
        raise CentreError("passport-not-found")
    if row.revoked:
        raise CentreError("passport-revoked")
    if row.held_back:
        raise CentreError("passport-disputed")
    with centre.engine.connect() as connection:
        pdf: bytes = connection.execute(select(passports.c.pdf).where(passports.c.uvci == row.uvci)).scalar_one()
    return pdf


def find_released(centre: Centre, certificate_code: str, date_of_birth: str, ask: Ask | None = None) -> Any:
    """The row of a released passport, revoked or not. Raises CentreError ``passport-not-found``."""
    code = normalise(certificate_code)
    row = _BY_CODE.first(centre.engine, code=code) if ask is None else ask(_BY_CODE, code=code)
    if row is None:
        raise CentreError("passport-not-found")
    born = json.loads(row.document)["person"]["date_of_birth"]  # as the record's model wrote it; a whole one takes long
    if born is None or not hmac.compare_digest(born.encode(), date_of_birth.strip().encode()):
        raise CentreError("passport-not-found")
    return row
