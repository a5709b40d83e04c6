"""The population register over HTTPS (docs/register.md): true or false in batches, and entries for police."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from api.context import Clock
from api.errors import CentreError
from api.identity.partner import Partner
from api.identity.register import CANDIDATES
from certificates.errors import RecordError
from certificates.records.dates import PartialDate
from certificates.records.model import IdKind, Person, RegisterAnswer, RegisterStatus, Sex

ASK: Final = "/v1/ask"
ENTRIES: Final = "/v1/entries"
_ITEMS: Final = ("name", "date_of_birth", "sex", "id_number")


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRegister:
    """A register behind `api.identity.partner`. ``name`` stands in the evidence."""

    partner: Partner
    name: str
    clock: Clock

    def ask(self, persons: Sequence[Person]) -> list[RegisterAnswer]:
        """One answer a person, in the same order; the register may answer in another.

        Each question has a random number, and exactly these numbers must come back: no answer serves for anybody else.

        Raises CentreError ``register-answers``, and those of `Partner.post`.
        """
        numbers = [secrets.token_hex(16) for _ in persons]
        asked = [{"number": number, **_question(person)} for number, person in zip(numbers, persons, strict=True)]
        answers = self.partner.post(ASK, {"persons": asked}).get("answers")
        if not isinstance(answers, list) or len(answers) != len(persons):
            raise CentreError("register-answers", "the register did not give one answer a person")
        by_number = {answer.get("number"): answer for answer in answers if isinstance(answer, dict)}
        at = self.clock()
        try:
            return [
                self._answer(person, by_number[number], at) for number, person in zip(numbers, persons, strict=True)
            ]
        except (KeyError, TypeError, ValueError) as error:
            raise CentreError("register-answers", "an answer is about somebody else, or has another form") from error

    def look_up(self, person: Person) -> tuple[Person, ...]:
        """Whom the register has by this number, or else by name and date of birth: `CANDIDATES` at most.

        Raises CentreError ``register-answers``, and those of `Partner.post`.
        """
        entries = self.partner.post(ENTRIES, {"person": _question(person)}).get("entries")
        if not isinstance(entries, list) or len(entries) > CANDIDATES:
            raise CentreError("register-answers", "the register gives no list of entries")
        try:
            return tuple(_entry(entry) for entry in entries)
        except (KeyError, TypeError, ValueError, AttributeError, RecordError) as error:
            raise CentreError("register-answers", "an entry has another form") from error

    def _answer(self, person: Person, answer: Mapping[str, Any], at: datetime) -> RegisterAnswer:
        status = RegisterStatus(answer["status"])
        items = dict.fromkeys(_ITEMS, False)
        if status is RegisterStatus.FOUND:
            items = {name: answer[name] for name in _ITEMS}
            if any(type(item) is not bool for item in items.values()):
                raise TypeError
        return RegisterAnswer(person_digest=person.digest, status=status, **items, register=self.name, answered_at=at)


def _question(person: Person) -> dict[str, str | None]:
    """The four items (letter 9438/BYT-CNTT), and what kind of number it is."""
    return {
        "name": person.full_name,
        "date_of_birth": person.date_of_birth.iso if person.date_of_birth else None,
        "sex": person.sex.value if person.sex else None,
        "id_kind": person.id_kind.value if person.id_kind else None,
        "id_number": person.id_number,
    }


def _entry(entry: Mapping[str, Any]) -> Person:
    if type(entry["name"]) is not str or type(entry["id_number"]) is not str:
        raise TypeError
    return Person(
        full_name=entry["name"],
        date_of_birth=PartialDate.parse(entry["date_of_birth"]) if entry["date_of_birth"] is not None else None,
        sex=Sex(entry["sex"]) if entry["sex"] is not None else None,
        id_kind=IdKind(entry["id_kind"]),
        id_number=entry["id_number"],
    )
