"""What became of everybody: the database's answer, put beside what was made."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select

from api.store.schema import import_rows, records
from vaxseal.demo.dirt import KINDS
from vaxseal.demo.province import Province


@dataclass(frozen=True, slots=True, kw_only=True)
class KindOutcome:
    """One class of record. ``became`` counts people by where they stand now: a state with its reason, or "refused" with
    the reason of their rows; ``as_meant`` is whether all of them ended where their kind should."""

    code: str
    words: str
    people: int
    became: Mapping[str, int]
    as_meant: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Counts that a second run repeats."""

    states: Mapping[str, Mapping[str, int]]  # state -> reason ("" for none) -> records
    rows: Mapping[str, int]
    refused_rows: Mapping[str, int]
    kinds: tuple[KindOutcome, ...]

    @property
    def issued(self) -> int:
        return sum(self.states.get("issued", {}).values())


def read_outcome(engine: Engine, province: Province, imports: Mapping[str, str]) -> Outcome:
    """``imports``: file name -> import id, as the import command answered."""
    people_of_rows = {imports[file.path.name]: file.people for file in province.files}
    states: defaultdict[str, Counter[str]] = defaultdict(Counter)
    rows: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    ended: defaultdict[int, set[str]] = defaultdict(set)
    with engine.connect() as connection:
        stand = {
            row.record_id: (row.state, row.reason or "")
            for row in connection.execute(select(records.c.record_id, records.c.state, records.c.reason))
        }
        for state, reason in stand.values():
            states[state][reason] += 1
        query = select(
            import_rows.c.import_id,
            import_rows.c.row_number,
            import_rows.c.outcome,
            import_rows.c.reason,
            import_rows.c.record_id,
        ).where(import_rows.c.import_id.in_(people_of_rows))
        for row in connection.execute(query):
            rows[row.outcome] += 1
            person = people_of_rows[row.import_id][row.row_number - 2]  # row 1 is the header
            if row.outcome == "refused":
                refused[row.reason] += 1
                ended[person].add(_words("refused", row.reason))
            elif row.outcome == "accepted":
                ended[person].add(_words(*stand[row.record_id]))
    return Outcome(
        states={state: dict(sorted(reasons.items())) for state, reasons in sorted(states.items())},
        rows=dict(sorted(rows.items())),
        refused_rows=dict(sorted(refused.items())),
        kinds=_by_kind(province, ended),
    )


def _by_kind(province: Province, ended: Mapping[int, set[str]]) -> tuple[KindOutcome, ...]:
    outcomes = []
    for kind in KINDS:
        people = [number for number, case in enumerate(province.cases) if case.kind == kind.code]
        became = Counter(" + ".join(sorted(ended.get(person, {"lost"}))) for person in people)
        outcomes.append(
            KindOutcome(
                code=kind.code,
                words=kind.words,
                people=len(people),
                became=dict(became.most_common()),
                as_meant=all(_state(name) == kind.becomes for name in became),
            )
        )
    return tuple(outcomes)


def _words(state: str, reason: str | None) -> str:
    return f"{state} ({reason})" if reason else state


def _state(words: str) -> str:
    return words.split(" (", 1)[0]


def write_summary(path: Path, summary: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(summary, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
