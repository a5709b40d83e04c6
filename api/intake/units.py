"""The units as an import needs them: which there are, their province, and who inherits their work."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Engine, select

from api.intake.columns import Column
from api.intake.faults import RowError
from api.store.schema import units


@dataclass(frozen=True, slots=True)
class UnitBook:
    """Code to province, and code to successor for units that closed."""

    provinces: Mapping[str, str]
    successors: Mapping[str, str]

    @classmethod
    def load(cls, engine: Engine) -> "UnitBook":
        """All units (a country has some ten thousand)."""
        with engine.connect() as connection:
            rows = connection.execute(
                select(units.c.code, units.c.province, units.c.closed_on, units.c.successor)
            ).all()
        return cls(
            {row.code: row.province for row in rows},
            {row.code: row.successor for row in rows if row.closed_on is not None and row.successor is not None},
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
