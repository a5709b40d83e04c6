"""Statements that everybody asks all day: put together once, sent by the driver, each a transaction by itself.

SQLAlchemy's part in such a statement takes longer than the driver and the database together. Nothing is converted: only
texts, numbers and bytes go in and come out.
"""

from collections import namedtuple
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

from sqlalchemy import Dialect, Engine, Select, TextualSelect
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.dialects.sqlite import pysqlite
from sqlalchemy.exc import DBAPIError

_DIALECTS: Final[dict[str, Dialect]] = {
    "postgresql": psycopg.dialect(),  # type: ignore[no-untyped-call]
    "sqlite": pysqlite.dialect(paramstyle="named"),
}


class Quick:
    """A statement that gives one row or none."""

    def __init__(self, statement: Select[*tuple[Any, ...]] | TextualSelect) -> None:
        self.statement = statement
        self._compiled = cache(self._compile)

    def first(self, engine: Engine, **values: str | int | bytes) -> Any:
        """The first row, by names, or None. Raises DBAPIError, as SQLAlchemy does."""
        text, constants, row_of = self._compiled(engine.dialect.name)
        errors = engine.dialect.loaded_dbapi.Error
        with _alone(engine) as driver:
            try:
                row = driver.execute(text, {**constants, **values}).fetchone()
            except errors as error:
                raise DBAPIError.instance(
                    text, {}, error, errors, hide_parameters=True, dialect=engine.dialect
                ) from error
        return None if row is None else row_of(*row)

    def _compile(self, dialect: str) -> tuple[str, dict[str, Any], Any]:
        compiled = self.statement.compile(dialect=_DIALECTS[dialect])
        names = [column.name for column in self.statement.selected_columns]
        return str(compiled), dict(compiled.params), namedtuple("Row", names)


@contextmanager
def _alone(engine: Engine) -> Iterator[Any]:
    """The driver's connection, without a transaction around the statement. SQLite's begins none by itself."""
    held = engine.raw_connection()
    driver: Any = held.driver_connection
    try:
        if engine.dialect.name == "postgresql":
            driver.autocommit = True
        yield driver
    finally:
        if engine.dialect.name == "postgresql" and not driver.closed:
            driver.autocommit = False
        held.close()
