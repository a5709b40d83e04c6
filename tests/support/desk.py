"""`vaxseal station desk` as a process of its own before a centre in this one, and its page in a real Chromium."""

import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select

from api.app import create_app
from api.config import Settings, load_secret
from api.context import Centre, system_clock
from api.signing.enrolment import add_unit, enrol_token
from api.states import RecordState
from api.store.database import open_database
from api.store.records import write_versions
from api.store.schema import records
from api.store.transactions import writing
from tests.support.browser import serving
from tests.support.centre import new_version
from tests.support.road import VAXSEAL, free_port

UNIT: Final = "TYT-01"
SECONDS: Final = 30_000  # milliseconds that a page may take for a step


@dataclass
class DeskCentre:
    """A centre with one station, served in a thread."""

    centre: Centre
    url: str
    _next: int = 0

    def add(
        self, count: int, *, state: RecordState = RecordState.READY, reason: str | None = None, **more: Any
    ) -> None:
        """Records of the station. ``more``: as `tests.support.centre.new_version`."""
        at = system_clock()
        made = []
        for _ in range(count):
            self._next += 1
            made.append(replace(new_version(self._next, unit=UNIT, state=state, at=at, **more), reason=reason))
        with writing(self.centre.engine) as connection:
            write_versions(connection, made, by="test", why="test", at=at)

    @property
    def options(self) -> tuple[str, ...]:
        """What leads a desk here."""
        return ("--centre", self.url, "--account", "lan")

    def states(self) -> dict[str, int]:
        with self.centre.engine.connect() as connection:
            return dict(Counter(connection.execute(select(records.c.state)).scalars()))


@contextmanager
def desk_centre(folder: Path, certificates: Sequence[bytes], **more: Any) -> Iterator[DeskCentre]:
    """In two-tier mode; the station's tokens have these certificates (DER). ``more``: settings."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    more = {"mode": "two-tier", "requests_per_minute": 10_000, "publication_hours": 0, **more}
    settings = Settings(data=folder, centre_url=url, **more)
    centre = Centre(engine=open_database(folder / "vaxseal.sqlite3"), settings=settings, secret=load_secret(folder))
    at = system_clock()
    add_unit(
        centre.engine,
        code=UNIT,
        name="Trạm Y tế",
        kind="station",
        province="01",
        opened_on=date(2020, 1, 1),
        by="t",
        at=at,
    )
    for der in certificates:
        enrol_token(centre.engine, UNIT, der, settings=settings, by="t", at=at)
    try:
        with serving(create_app(centre), port):
            yield DeskCentre(centre, url)
    finally:
        centre.engine.dispose()


@dataclass
class DeskProcess:
    """A running desk. ``page`` is the address to open; `new_page` asks for another."""

    process: "subprocess.Popen[str]"
    log: Path
    page: str = field(default="", repr=False)

    @property
    def origin(self) -> str:
        return self.page.partition("/#")[0]

    def new_page(self) -> str:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        self.page = self.read()
        return self.page

    def read(self) -> str:
        assert self.process.stdout is not None
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if line == "}\n":
                break
        return str(json.loads("".join(lines))["page"])


@contextmanager
def desk_of(folder: Path, module: Path, environment: Mapping[str, str], *options: str) -> Iterator[DeskProcess]:
    """A desk with these options; its state is kept in ``folder``, ``environment`` leads to the token."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("VAXSEAL_", "SOFTHSM2_"))}
    mine |= {"XDG_STATE_HOME": str(folder), "VAXSEAL_PKCS11_MODULE": str(module), **environment}
    folder.mkdir(exist_ok=True)
    with (folder / "desk.log").open("ab") as log:
        process = subprocess.Popen(
            [*VAXSEAL, "station", "desk", "--json", *options],
            env=mine,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    desk = DeskProcess(process, folder / "desk.log")
    try:
        desk.page = desk.read()
        yield desk
    finally:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
