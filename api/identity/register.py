"""The population register, as the service sees it: persons in, one answer each out."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Final, Protocol

from certificates.errors import RecordError
from certificates.records.citizen_id import identify
from certificates.records.comparison import compare
from certificates.records.dates import PartialDate
from certificates.records.model import Person, RegisterAnswer, RegisterStatus, Sex
from certificates.records.names import comparable

COLUMNS = ("id", "name", "dob", "sex", "status")
CANDIDATES: Final = 5  # entries that may be meant by one person's data


class Register(Protocol):
    """Answers true or false on four items (letter 9438/BYT-CNTT); shows what it has to police only."""

    @property
    def name(self) -> str:
        """As evidence names it."""
        ...

    def ask(self, persons: Sequence[Person]) -> list[RegisterAnswer]:
        """One answer a person, in the same order. A person whom the register cannot find gets ``NO_ANSWER``.

        Raises CentreError where it cannot be asked: that says nothing about anybody.
        """
        ...

    def look_up(self, person: Person) -> tuple[Person, ...]:
        """What it has by this ID number, or else by name and date of birth: `CANDIDATES` at most. For police only."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class _Entry:
    person: Person
    status: RegisterStatus


class FileRegister:
    """A register in a CSV file, for development and small deployments.

    Columns ``id,name,dob,sex,status`` in UTF-8: dob as YYYY-MM-DD or YYYY, sex M or F, status ``found`` (or empty),
    ``no_answer``, ``deceased`` or ``merged``. A person is looked up by the normalised ID number.
    """

    def __init__(self, path: Path, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Read the file. Raises RecordError ``register-file`` with the line, never with what stands there.

        Two lines that say different things of one number are refused: nobody knows which of them is right.
        """
        self.name = f"file:{path.stem}"
        self._clock = clock
        self._entries = _read(path)

    def ask(self, persons: Sequence[Person]) -> list[RegisterAnswer]:
        """One answer a person, in the same order."""
        at = self._clock()
        return [self._answer(person, at) for person in persons]

    def look_up(self, person: Person) -> tuple[Person, ...]:
        """By the number, or else by name and date of birth."""
        entry = self._entry(person)
        if entry is not None:
            return (entry.person,)
        name, born = comparable(person.full_name), person.date_of_birth
        same = (
            entry.person
            for entry in self._entries.values()
            if entry.person.date_of_birth == born and comparable(entry.person.full_name) == name
        )
        return tuple(islice(same, CANDIDATES))

    def _entry(self, person: Person) -> _Entry | None:
        if person.id_number is None:
            return None
        try:
            return self._entries.get(identify(person.id_number)[1])
        except RecordError:
            return None  # a number of no valid form is in no register

    def _answer(self, person: Person, at: datetime) -> RegisterAnswer:
        entry = self._entry(person)
        if entry is None or entry.status is RegisterStatus.NO_ANSWER:
            return _answer(person, RegisterStatus.NO_ANSWER, (False, False, False, False), self.name, at)
        same = compare(person, entry.person)
        items = (same.name, same.date_of_birth, same.sex, same.id_number)
        return _answer(person, entry.status, items, self.name, at)


def _answer(
    person: Person, status: RegisterStatus, items: tuple[bool, bool, bool, bool], register: str, at: datetime
) -> RegisterAnswer:
    name, date_of_birth, sex, id_number = items
    return RegisterAnswer(
        person_digest=person.digest,
        status=status,
        name=name,
        date_of_birth=date_of_birth,
        sex=sex,
        id_number=id_number,
        register=register,
        answered_at=at,
    )


def _read(path: Path) -> dict[str, _Entry]:
    entries: dict[str, _Entry] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if not set(COLUMNS) <= set(reader.fieldnames or ()):
                raise RecordError("register-file", f"the register needs the columns {', '.join(COLUMNS)}")
            for line in reader:
                try:
                    entry = _entry(line)
                except (RecordError, ValueError, AttributeError, TypeError):
                    # from None: the cause would repeat what stands in the line
                    raise RecordError("register-file", f"line {reader.line_num} cannot be read") from None
                number = entry.person.id_number or ""
                if entries.setdefault(number, entry) != entry:
                    raise RecordError("register-file", f"line {reader.line_num} says otherwise than another line")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RecordError("register-file", f"the register cannot be read ({type(error).__name__})") from None
    return entries


def _entry(line: dict[str, str]) -> _Entry:
    kind, number = identify(line["id"])
    person = Person(
        full_name=line["name"].strip(),
        date_of_birth=PartialDate.parse(line["dob"].strip()) if line["dob"].strip() else None,
        sex=Sex(line["sex"].strip()) if line["sex"].strip() else None,
        id_kind=kind,
        id_number=number,
    )
    return _Entry(person=person, status=RegisterStatus(line["status"].strip() or "found"))
