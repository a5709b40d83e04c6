"""A complaint behind a session: it is tied to the record that the session shows, and no slip is asked for."""

from dataclasses import replace

from sqlalchemy import Connection

from api.citizens.holder import Holder
from api.citizens.once import Once, keep_answer, kept_answer
from api.citizens.people import person_for
from api.complaints.kinds import ComplaintKind
from api.complaints.opening import Opened, Opening, open_complaint
from api.context import Centre
from certificates.records.model import instant_from_text, instant_to_text


def complain(
    centre: Centre, holder: Holder, person: str, opening: Opening, *, once: Once | None = None
) -> tuple[Opened, bool]:
    """Open it; returns what the person takes along, and whether it is that of an earlier request.

    A complaint about conduct that names a unit is not tied to the record: nobody there shall know whose it is.

    Raises CentreError ``citizen-person-unknown``, ``idempotency-key-other``, and those of `open_complaint`.
    """
    now = centre.clock()
    with centre.engine.connect() as connection:
        record_id = person_for(connection, holder, person, at=now)
    if opening.kind is not ComplaintKind.CONDUCT or opening.unit is None:
        opening = replace(opening, record_id=record_id)
    replayed = False

    def before(connection: Connection) -> Opened | None:
        nonlocal replayed
        earlier = kept_answer(connection, centre.secret, once, at=now)
        if earlier is None:
            return None
        replayed = True
        return Opened(
            number=earlier["number"],
            secret=earlier["secret"],
            unit=earlier["unit"],
            due_at=instant_from_text(earlier["due_at"]),
        )

    def after(connection: Connection, opened: Opened) -> None:
        told = {"number": opened.number, "secret": opened.secret, "unit": opened.unit}
        keep_answer(connection, centre.secret, once, {**told, "due_at": instant_to_text(opened.due_at)})

    return open_complaint(centre, opening, proven=True, before=before, after=after), replayed
