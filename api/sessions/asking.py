"""The register's part in the check before the jab: asked in batches, within limits, and never in the list's way."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from api.accounts.staff import Staff
from api.context import Centre
from api.errors import CentreError
from api.identity.opening import open_register
from api.identity.queries import RECORD_LIMIT
from api.identity.register import Register
from api.store.counters import add_up
from api.store.schema_identity import register_quotas
from api.store.transactions import writing
from certificates.records.dates import local_day
from certificates.records.model import Person, RegisterAnswer
from certificates.records.verification import HOME

BATCH: Final = 200  # persons a question
ASKED: Final = "asked"
NO_REGISTER: Final = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the register said, by digest of the person.

    ``said``: ``asked``, ``none`` (there is no register), or the code of why not all citizens were asked about:
    ``query-limit``, ``partner-away``, ``partner-refused``, ``partner-answer``, ``register-answers``. ``unasked``: they.
    """

    answers: Mapping[bytes, RegisterAnswer]
    unasked: frozenset[bytes]
    said: str


def register_of(centre: Centre, where: str | None = None) -> Register | None:
    """The register at ``where``, or else this deployment's, if it has one.

    Raises CentreError ``settings``; RecordError ``register-file``.
    """
    if where is None and centre.settings.register_address is None:
        return None
    return open_register(centre.settings, centre.engine, centre.clock, where=where)


def ask_register(centre: Centre, staff: Staff, register: Register | None, people: Sequence[Person]) -> Asked:
    """Ask about the citizens among these. Whatever keeps the register from answering is told and stops nobody's list.

    A person's number is asked about `RECORD_LIMIT` times a day and an account asks about ``session_people_per_day``
    persons: a list is no way to find out somebody's data by trying.
    """
    citizens = {person.digest: person for person in people if person.nationality == HOME}
    if register is None or not citizens:
        return Asked(answers={}, unasked=frozenset(), said=NO_REGISTER if register is None else ASKED)
    admitted = _admit(centre, staff, list(citizens.values()), centre.clock())
    said = ASKED if len(admitted) == len(citizens) else "query-limit"
    answers: dict[bytes, RegisterAnswer] = {}
    try:
        for at in range(0, len(admitted), BATCH):
            answers |= {answer.person_digest: answer for answer in register.ask(admitted[at : at + BATCH])}
    except CentreError as error:
        said = error.code
    return Asked(answers=answers, unasked=frozenset(citizens.keys() - answers.keys()), said=said)


def _admit(centre: Centre, staff: Staff, people: Sequence[Person], now: datetime) -> list[Person]:
    """Count the questions before they are asked; those that the day has room for. One without an answer counts, too."""
    day, most = local_day(now).isoformat(), centre.settings.session_people_per_day
    subjects = [_subject(centre, person) for person in people]
    with writing(centre.engine) as connection:

        def count(subject: str, questions: int) -> int:
            key = {"day": day, "subject": subject}
            return add_up(connection, register_quotas, key, register_quotas.c.queries, questions)

        room = most + len(people) - count(f"sessions:{staff.account}", len(people))
        asked = {subject: count(subject, 1) for subject in sorted(subjects)}  # in one order, whoever else counts
    free = [person for person, subject in zip(people, subjects, strict=True) if asked[subject] <= RECORD_LIMIT]
    return free[: max(room, 0)]


def _subject(centre: Centre, person: Person) -> str:
    named = (person.id_number or person.digest.hex()).encode()
    return "person:" + hmac.new(centre.secret, b"session\0" + named, hashlib.sha256).hexdigest()
