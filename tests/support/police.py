"""A commune with its station and its police, another one beside it, and lists that go there and come back."""

import io
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openpyxl
from sqlalchemy import Engine, insert, select, update

from api.accounts.staff import Staff
from api.config import Settings
from api.identity.lists import MadeList, make_list
from api.identity.signed_lists import AppliedList, apply_list
from api.intake.importer import import_file
from api.signing.enrolment import add_unit, enrol_token
from api.store.database import open_database
from api.store.records import StoredRecord, stored_record
from api.store.schema import records
from api.store.schema_accounts import accounts
from api.store.schema_worklists import work_items
from api.store.transactions import writing
from certificates.signed_file import sign_file
from tests.support.centre import START, Clock
from tests.support.intake import row, write_csv
from tests.support.softkeys import SoftKey, make_key, soft_key

CLERK = Staff(account="lan", unit="TYT-1", roles=frozenset({"clerk"}))
OFFICER = Staff(account="minh.ca", unit="CA-1", roles=frozenset({"police"}))
UNITS = (
    ("XA-1", "committee", None),
    ("TYT-1", "station", "XA-1"),
    ("CA-1", "police", "XA-1"),
    ("XA-2", "committee", None),
    ("TYT-2", "station", "XA-2"),
    ("CA-2", "police", "XA-2"),
)


@dataclass
class Commune:
    """A database with the units of UNITS; CA-1, CA-2 and TYT-1 have tokens."""

    engine: Engine
    settings: Settings
    folder: Path
    keys: dict[str, SoftKey]
    clock: Clock = field(default_factory=Clock)

    def take(self, *rows: dict[str, Any]) -> dict[str, str]:
        """Import rows of TYT-1; record ids by name."""
        path = write_csv(self.folder / "rows.csv", *(row(**{"unit": "TYT-1", **one}) for one in rows))
        report = import_file(self.engine, path, imported_by="huong", at=self.clock())
        assert report.accepted == len(rows), report
        return {stored.record.person.full_name: stored.record.record_id for stored in self.records()}

    def records(self) -> list[StoredRecord]:
        with self.engine.connect() as connection:
            return [stored_record(found) for found in connection.execute(select(records))]

    def record(self, record_id: str) -> StoredRecord:
        return next(stored for stored in self.records() if stored.record.record_id == record_id)

    def give_to_police(self) -> None:
        """All that is to be mended, as if the station had tried to reach these people."""
        with writing(self.engine) as connection:
            connection.execute(update(work_items).values(desk="police"))

    def export(self, **options: Any) -> MadeList:
        """The list of all that is to be mended."""
        self.give_to_police()
        return make_list(self.engine, "TYT-1", staff=CLERK, at=self.clock(), **options)

    def apply(
        self, file: bytes, *, unit: str = "CA-1", account: str = "minh.ca", cms: bytes | None = None
    ) -> AppliedList:
        """Sign the file an hour later with a unit's token, and hand it in."""
        self.clock.forward(hours=1)
        signature = cms or sign_file(file, self.keys[unit], account=account, at=self.clock())
        return apply_list(self.engine, self.settings, file, signature, by="lan@TYT-1", at=self.clock())


def make_commune(folder: Path, address: Path | str) -> Commune:
    engine, settings = open_database(address), Settings(data=folder)
    keys = {"CA-1": soft_key("ES256"), "CA-2": soft_key("PS256"), "TYT-1": make_key("ES256", common_name="SPECIMEN T")}
    for code, kind, parent in UNITS:
        add_unit(
            engine,
            code=code,
            name=code,
            kind=kind,
            province="01",
            parent=parent,
            opened_on=date(2020, 1, 1),
            by="test",
            at=START,
        )
        if code in keys:
            enrol_token(engine, code, keys[code].certificate_der, settings=settings, by="test", at=START)
    for account, unit in (
        ("minh.ca", "CA-1"),
        ("minh.2", "CA-2"),
        ("thu", "CA-1"),
        ("lan", "CA-1"),
        ("LAN", "CA-1"),
        ("huong", "CA-1"),
    ):
        add_account(engine, account, unit, "police")
    return Commune(engine=engine, settings=settings, folder=folder, keys=keys, clock=Clock(START + timedelta(days=1)))


def add_account(engine: Engine, account: str, unit: str, roles: str) -> None:
    """An account of which nothing but the place and the roles counts."""
    with writing(engine) as connection:
        connection.execute(
            insert(accounts).values(
                account=account,
                unit=unit,
                roles=roles,
                password_hash="",
                totp_secret=b"",
                totp_step=0,
                made_at="2022-01-01T00:00:00Z",
                made_by="test",
            )
        )


def fill(file: bytes, answers: dict[str, tuple[Any, ...]]) -> bytes:
    """The list with the columns of police filled in by record id, saved anew by another program."""
    book = openpyxl.load_workbook(io.BytesIO(file))
    sheet = book.worksheets[0]
    for cells in sheet.iter_rows(min_row=3):
        for cell, value in zip(cells[8:], answers.get(str(cells[0].value), ()), strict=False):
            cell.value = value
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
