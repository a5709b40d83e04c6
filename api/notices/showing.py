"""What a person is told about the own passports, behind the claim code of the slip: it names new certificate codes."""

from dataclasses import dataclass, field

from sqlalchemy import select, update

from api.context import Centre
from api.errors import CentreError
from api.notices.kinds import WORDS, NoticeKind
from api.passports.citizen import find_released
from api.passports.slips import redeem_slip
from api.store.schema_revoking import notices
from api.store.transactions import writing
from certificates.records.model import instant_to_text
from certificates.uvci import printed


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownNotice:
    """One notice in both languages. Certificate codes as they are printed; times are RFC 3339."""

    kind: str
    vi: str
    en: str
    certificate_code: str = field(repr=False)
    new_certificate_code: str | None = field(repr=False)
    since: str
    until: str | None


def show_notices(
    centre: Centre, *, certificate_code: str, date_of_birth: str, claim_code: str
) -> tuple[ShownNotice, ...]:
    """All notices about the record of this passport that are due, newest first. They count as told from now on.

    A revoked passport's holder may ask as well: that is how the new code is learnt. Raises CentreError
    ``passport-not-found`` for anything that does not match; wrong claim codes are counted as for the PDF.
    """
    row = find_released(centre, certificate_code, date_of_birth)
    at = centre.clock()
    now = instant_to_text(at)
    with writing(centre.engine) as connection:
        right = redeem_slip(connection, centre.secret, row.record_id, claim_code, act="read-notices", at=at)
        if right:
            mine = (notices.c.record_id == row.record_id) & (notices.c.province == row.province)
            due = mine & (notices.c.due_at <= now)
            found = connection.execute(
                select(notices).where(due).order_by(notices.c.due_at.desc(), notices.c.notice_id)
            ).all()
            unread = due & notices.c.told_at.is_(None)
            connection.execute(update(notices).where(unread).values(told_at=now, told_by="shown"))
    if not right:
        raise CentreError("passport-not-found")
    shown = []
    for notice in found:
        kind = NoticeKind(notice.kind)
        vi, en = WORDS[kind]
        shown.append(
            ShownNotice(
                kind=kind.value,
                vi=vi,
                en=en,
                certificate_code=printed(notice.uvci),
                new_certificate_code=None if notice.new_uvci is None else printed(notice.new_uvci),
                since=notice.due_at,
                until=notice.until,
            )
        )
    return tuple(shown)
