"""The units as an import needs them: which there are, their province, and who inherits their work."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine, select

from api.intake.columns import Column
from api.intake.faults import RowError
from api.store.schema import units

_COLUMNS: Final = (units.c.code, units.c.province, units.c.parent, units.c.closed_on, units.c.successor)


@dataclass(frozen=True, slots=True)
class UnitBook:
    """By code: the province, the successor of a unit that closed, and the unit above."""

    provinces: Mapping[str, str]
    successors: Mapping[str, str]
    parents: Mapping[str, str | None]

    @classmethod
    def load(cls, engine: Engine) -> "UnitBook":
        """All units (a country has some ten thousand)."""
        with engine.connect() as connection:
            return cls._of(connection.execute(select(*_COLUMNS)).all())

    @classmethod
    def around(cls, connection: Connection, codes: Collection[str]) -> "UnitBook":
        """These units, and whatever stands above or after them."""
        found: dict[str, Any] = {}
        sought = set(codes)
        while sought:
            rows = connection.execute(select(*_COLUMNS).where(units.c.code.in_(sought))).all()
            found |= {row.code: row for row in rows}
            sought = {code for row in rows for code in (row.parent, row.successor) if code is not None} - found.keys()
        return cls._of(list(found.values()))

    @classmethod
    def _of(cls, rows: Sequence[Any]) -> "UnitBook":
        return cls(
            {row.code: row.province for row in rows},
            {row.code: row.successor for row in rows if row.closed_on is not None and row.successor is not None},
            {row.code: row.parent for row in rows},
        )

    def __contains__(self, code: object) -> bool:
        return code in self.provinces

    def check(self, code: str) -> None:
        """Raises RowError ``unit-unknown``."""
        if code not in self.provinces:
            raise RowError("unit-unknown", Column.UNIT)

    def answering(self, code: str) -> str:
        """The unit that answers today for what this one did."""
        seen = {code}
        while code in self.successors and self.successors[code] not in seen:
            code = self.successors[code]
            seen.add(code)
        return code

    def above(self, code: str) -> tuple[str, ...]:
        """The unit itself (and its successors, where it closed), then its parents up to the root of the tree."""
        found: list[str] = []
        following: str | None = code
        while following is not None and following not in found:
            found.append(following)
            following = self.successors.get(following) or self.parents.get(following)
        return tuple(found)
