"""Transactions that write: whose turn it is, and what is done again when two got into each other's way.

SQLite has one writer at a time. On PostgreSQL many write beside each other, each behind one common lock in
shared mode; what must find nobody else at work takes that lock alone. A transaction first locks the records that it
will change (`api.store.locks`), in the order of their ids, before anything that hangs on them. The log of acts comes
last of all (`api.audit`): it has one writer, for as long as its rows take.
"""

import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import Enum
from functools import lru_cache, wraps
from typing import Final, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, false, text, update
from sqlalchemy.exc import DBAPIError

from api.audit import keep_acts
from api.store.counts import keep_counts
from api.store.schema import audit

_COMMON: Final = 1986082817  # numbers of advisory locks; the log's is in api.audit
_PEOPLE: Final = 1986082818
_SHARDS: Final = 1986082821  # the first of two numbers
_AGAIN: Final = frozenset({"40001", "40P01"})  # serialization failure, deadlock: SQLSTATE of PostgreSQL
_TRIES: Final = 3
_PAUSE: Final = 0.1  # seconds
_Given = ParamSpec("_Given")
_Answer = TypeVar("_Answer")


def _lock(kind: str, number: int, wait: str) -> str:
    """A statement that waits so long for this lock, and from then on at most ten seconds for a row."""
    return (
        f"SELECT set_config('lock_timeout', '{wait}', true), pg_advisory_xact_lock{kind}({number}),"
        " set_config('lock_timeout', '10s', true)"
    )


_OPEN: Final = _lock("_shared", _COMMON, "60s")  # a request that waits longer is answered: come again
_SHUT: Final = _lock("", _COMMON, "0")
_NAMES: Final = _lock("", _PEOPLE, "0")
_SOME_NAMES: Final = _lock("_shared", _PEOPLE, "0")
# An import looks up by keys alone, in tables that grew since statistics were taken of them: those say "read it all".
_BY_INDEX: Final = "SELECT set_config('enable_seqscan', 'off', true)"


class Turn(Enum):
    """Beside whom a transaction may write. The value: the locks that it takes, in this order."""

    BESIDE = (_OPEN,)  # beside all others of its kind: it locks the rows that it decides by
    ALONE = (_SHUT,)  # beside nobody but an import: what decides by many rows, and is rare and quick
    IMPORT = (_SOME_NAMES, _BY_INDEX)  # who is whom: each for its own persons (`lock_people`); it waits for no row
    CORRECTION = (_NAMES, _OPEN)
    ORDER = (_NAMES, _SHUT)  # beside nobody at all: an order about many passports


@contextmanager
def writing(engine: Engine, turn: Turn = Turn.BESIDE) -> Iterator[Connection]:
    """One transaction. What it counts, and last the acts that it records, are written at its end.

    On SQLite it holds the write lock from its first statement (as BEGIN IMMEDIATE does): one that reads first and
    writes later would fail with "database is locked" when another one wrote between. On PostgreSQL every statement sees
    what was committed before it, and a row that is locked by another transaction is waited for at most ten seconds.
    """
    with _for_writing(engine).begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(update(audit).where(false()).values(reason=""))
        else:
            for lock in turn.value:
                connection.execute(text(lock))
        with keep_acts(connection), keep_counts(connection):
            yield connection


@lru_cache(maxsize=4)
def _for_writing(engine: Engine) -> Engine:
    return engine.execution_options(isolation_level="READ COMMITTED") if engine.dialect.name == "postgresql" else engine


def lock_people(connection: Connection, shards: Iterable[int]) -> None:
    """In an import's turn: nobody else makes records of persons of these shards until the transaction ends."""
    if connection.dialect.name == "postgresql":
        for shard in sorted(set(shards)):
            connection.execute(text("SELECT pg_advisory_xact_lock(:space, :shard)"), {"space": _SHARDS, "shard": shard})


def again(use_case: Callable[_Given, _Answer]) -> Callable[_Given, _Answer]:
    """Run a use case another time when PostgreSQL took its transaction back for another's sake; three times at most."""

    @wraps(use_case)
    def trying(*args: _Given.args, **kwargs: _Given.kwargs) -> _Answer:
        for left in reversed(range(_TRIES)):
            try:
                return use_case(*args, **kwargs)
            except DBAPIError as error:
                if left == 0 or getattr(error.orig, "sqlstate", None) not in _AGAIN:
                    raise
            time.sleep(_PAUSE + secrets.randbelow(100) / 1000)  # else it meets the same one again
        raise AssertionError

    return trying
