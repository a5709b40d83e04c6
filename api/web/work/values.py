"""A record as its page shows it and takes it back: what stands in each field, what the register says of it, and which
fields somebody changed."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from api.identity.queries import Compared, ShownEntry
from api.store.records import StoredRecord
from api.worklists.history import Event
from certificates.records.letter_marks import Piece, mark_letters
from certificates.records.model import Person, RegisterStatus, VaccinationRecord
from certificates.records.near_misses import Slip
from certificates.records.verification import find_gaps

ITEMS: Final = ("full_name", "date_of_birth", "sex", "id_number")  # what the register is asked about
_DOSE_FIELDS: Final = ("given_on", "product", "lot")
_FIELD_OF: Final = {"family_name": "full_name", "given_name": "full_name", "id_kind": "id_number"}
Said = Literal["", "agrees", "differs", "missing"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Line:
    """One field of the comparison. ``registered`` is for police only; of ``said`` empty means that nobody was asked."""

    field: str
    value: str
    said: Said
    pieces: tuple[Piece, ...] = ()
    registered: tuple[Piece, ...] | None = None
    registered_value: str = ""
    slip: Slip | None = None


def shown_day(iso: str | None) -> str:
    """31/12/1961, 12/1961 or 1961."""
    return "/".join(reversed((iso or "").split("-")))


def shown_person(person: Person) -> dict[str, str]:
    """The fields of a person as they are read and typed; sex as M or F."""
    return {
        "full_name": person.full_name,
        "date_of_birth": shown_day(person.date_of_birth.iso if person.date_of_birth else None),
        "sex": person.sex.value if person.sex else "",
        "id_number": person.id_number or "",
        "nationality": person.nationality,
    }


def shown_record(record: VaccinationRecord, *, more_doses: int = 0) -> dict[str, str]:
    """As `shown_person`, with the doses as ``dose.<number>.<field>``; ``more_doses`` empty ones behind the last."""
    values = shown_person(record.person)
    for dose in record.doses:
        values |= {
            f"dose.{dose.number}.given_on": shown_day(dose.given_on.isoformat()),
            f"dose.{dose.number}.product": dose.product,
            f"dose.{dose.number}.lot": dose.lot,
        }
    for number in range(len(record.doses) + 1, len(record.doses) + 1 + more_doses):
        values |= dict.fromkeys((f"dose.{number}.{field}" for field in _DOSE_FIELDS), "")
    return values


def changed(typed: Mapping[str, str], shown: Mapping[str, str]) -> dict[str, str]:
    """What somebody typed over: the fields of ``shown`` that say something else now."""
    return {
        name: typed[name].strip()
        for name, stood in shown.items()
        if name in typed and typed[name].strip() != stood.strip()
    }


def field_names(fields: Sequence[Any], names: Sequence[str]) -> tuple[str, ...]:
    """Which inputs a refusal is about. It names inputs, or columns of an import: of a dose's, all that fit."""
    wanted = {str(field) for field in fields}
    return tuple(name for name in names if name in wanted or name.rpartition(".")[2] in wanted)


def denied_fields(stored: StoredRecord) -> tuple[str, ...]:
    """What is wrong by the record itself or by the register's last answer, as inputs."""
    gaps = {_FIELD_OF.get(gap.field, gap.field) for gap in find_gaps(stored.record.person)}
    head, _, said = (stored.reason or "").partition(":")
    if head in ("register-mismatch", "register-wrong"):
        gaps |= set(said.split(","))
    return tuple(name for name in ITEMS if name in gaps)


def compare_lines(stored: StoredRecord, compared: Compared | None) -> tuple[Line, ...]:
    """For a clerk: which fields differ, by the answer that was just given or else by the last one; never the value."""
    denied = denied_fields(stored) if compared is None else compared.differing
    agrees: Said = "agrees" if compared is not None and compared.status is RegisterStatus.FOUND else ""
    lines = []
    for name, value in shown_person(stored.record.person).items():
        if name in ITEMS:
            said: Said = "missing" if not value else "differs" if name in denied else agrees
            lines.append(Line(field=name, value=value, said=said, pieces=(Piece(value, False),)))
    return tuple(lines)


def entry_lines(entered: Person, entry: ShownEntry) -> tuple[Line, ...]:
    """For police: both values side by side, with the letters that differ, and the slip that may have done it."""
    slips = {one.field: one.slip for one in entry.differences}
    here, there = shown_person(entered), shown_person(entry.registered)
    lines = []
    for name in ITEMS:
        value, registered = here[name], there[name]
        differs = name in slips
        marked = mark_letters(value, registered) if differs else ((Piece(value, False),), (Piece(registered, False),))
        said: Said = "differs" if differs else "agrees"
        lines.append(
            Line(
                field=name,
                value=value,
                said=said,
                pieces=marked[0],
                registered=marked[1],
                registered_value=registered,
                slip=slips.get(name),
            )
        )
    return tuple(lines)


def told_events(events: Sequence[Event]) -> list[dict[str, Any]]:
    """A history: what happened, and its codes, which the page puts into words where they are ones."""
    return [_told(event) for event in events]


def _told(event: Event) -> dict[str, Any]:
    head, _, number = event.what.partition(" ")
    kind, _, rest = event.value.partition(": ")
    known = {"version": number, "what": head, "until": None, "at": event.at, "by": event.by}
    if head == "corrected" or not re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]+Z", event.value):
        return known | {"parts": [event.code, kind, rest]}
    return known | {"parts": [event.code], "until": event.value}
