"""Statements that everybody asks all day: put together once, sent by the driver, each a transaction by itself.

SQLAlchemy's part in such a statement takes longer than the driver and the database together. Nothing is converted: only
texts, numbers and bytes go in and come out.
"""

import time
from collections import namedtuple
from functools import cache
from typing import Any, Final
from weakref import WeakKeyDictionary

from sqlalchemy import Dialect, Engine, PoolProxiedConnection, Select, TextualSelect, event
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.dialects.sqlite import pysqlite
from sqlalchemy.exc import DBAPIError

from api.store.database import RESTED

KEPT: Final = 4  # connections that one engine has at hand for these statements, out of those of its pool
_DIALECTS: Final[dict[str, Dialect]] = {
    "postgresql": psycopg.dialect(paramstyle="format"),  # type: ignore[no-untyped-call]
    "sqlite": pysqlite.dialect(paramstyle="qmark"),
}


class Quick:
    """A statement that gives one row or none."""

    def __init__(self, statement: Select[*tuple[Any, ...]] | TextualSelect) -> None:
        self.statement = statement
        self._compiled = cache(self._compile)

    def first(self, engine: Engine, **values: str | int | bytes) -> Any:
        """The first row, by names, or None. Raises DBAPIError, as SQLAlchemy does."""
        text, places, row_of = self._compiled(engine.dialect.name)
        given = [values[name] if constant is None else constant for name, constant in places]
        hand = _at_hand(engine)
        held = hand.take(engine)
        try:
            row = held.driver_connection.execute(text, given).fetchone()  # type: ignore[union-attr]
        except Exception as error:
            hand.give_up(engine, held)
            errors = engine.dialect.loaded_dbapi.Error
            if not isinstance(error, errors):
                raise
            raise DBAPIError.instance(text, {}, error, errors, hide_parameters=True, dialect=engine.dialect) from error
        hand.give_back(engine, held)
        return None if row is None else row_of(*row)

    def _compile(self, dialect: str) -> tuple[str, list[tuple[str, Any]], Any]:
        compiled: Any = self.statement.compile(dialect=_DIALECTS[dialect])
        # A member of an enumeration is a text, which drivers take longer to find out.
        constants = {name: str(one) if isinstance(one, str) else one for name, one in compiled.params.items()}
        names = [column.name for column in self.statement.selected_columns]
        return str(compiled), [(name, constants[name]) for name in compiled.positiontup], namedtuple("Row", names)


class _AtHand:
    """Connections of one engine that stay out of its pool between two statements, while these follow each other
    closely; on PostgreSQL in the driver's autocommit. The one that was used last is used next."""

    def __init__(self) -> None:
        self._kept: list[tuple[float, PoolProxiedConnection]] = []

    def take(self, engine: Engine) -> PoolProxiedConnection:
        """One for a statement, which is a transaction by itself. SQLite's driver begins none."""
        while self._kept:
            try:
                since, held = self._kept.pop()
            except IndexError:  # another thread took it
                break
            if time.monotonic() - since < RESTED:
                return held
            self.give_up(engine, held)
        held = engine.raw_connection()
        if engine.dialect.name == "postgresql":
            held.driver_connection.autocommit = True  # type: ignore[union-attr]
        return held

    def give_back(self, engine: Engine, held: PoolProxiedConnection) -> None:
        if len(self._kept) < KEPT:
            self._kept.append((time.monotonic(), held))
        else:
            self.give_up(engine, held)

    def give_up(self, engine: Engine, held: PoolProxiedConnection) -> None:
        """Back to the pool, as it was."""
        driver: Any = held.driver_connection
        if engine.dialect.name == "postgresql" and not driver.closed:
            driver.autocommit = False
        held.close()

    def close(self, _engine: Engine) -> None:
        while self._kept:
            self._kept.pop()[1].invalidate()


_hands: Final[WeakKeyDictionary[Engine, _AtHand]] = WeakKeyDictionary()


def _at_hand(engine: Engine) -> _AtHand:
    hand = _hands.get(engine)
    if hand is None:
        hand = _hands.setdefault(engine, _AtHand())
        event.listen(engine, "engine_disposed", hand.close)
    return hand
