"""A whole centre in a temporary folder, with units, tokens and records, and an agent of few lines to work with it."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from fastapi.testclient import TestClient
from sqlalchemy import Engine, select

from api.app import create_app
from api.checkers.publishing import Published, publish
from api.config import Settings, load_secret
from api.context import Centre
from api.signing.enrolment import add_unit, enrol_token
from api.states import RecordState
from api.store.database import open_database
from api.store.records import NewVersion, write_versions
from api.store.schema import records
from api.store.transactions import writing
from certificates.bundle_signing import Changes
from certificates.cose import decode_cose_sign1
from certificates.hc1 import encode_hc1
from certificates.issuance import finish, prepare_confirmation, prepare_passport
from certificates.jobs import SignedJob, SigningJob
from certificates.login import LoginChallenge, login_message
from certificates.pdf.document import prepare_document
from certificates.pdf.layout import LAYOUT
from certificates.pdf.pades import build_cms
from certificates.profiles import to_pem
from certificates.records.dates import PartialDate
from certificates.records.model import IdKind, Person, Sex, VaccinationRecord
from certificates.records.verification import verify
from certificates.trust_entries import TrustEntry
from tests.support.bundles import bundle_of
from tests.support.portal import portal
from tests.support.records import answer, dose
from tests.support.softkeys import SoftKey, make_key, soft_key
from tests.support.trust_lists import ROOT

START = datetime(2022, 3, 1, 2, 0, tzinfo=UTC)
Mode = Literal["two-tier", "station"]
_OF_ENROLMENT = {"country", "environment", "mode", "own_roots", "unit_ca_roots"}  # settings that it depends on


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class World:
    """One centre with two stations (EC and RSA) and the ministry."""

    centre: Centre
    clock: Clock
    client: TestClient
    keys: dict[str, SoftKey]
    _next: int = field(default=0)

    def publish(self, *entries: TrustEntry, changes: Changes | None = None) -> Published:
        """Sign the next bundle, of these signers or with ``changes``, and publish it."""
        folder = self.centre.settings.data / "signed"
        bundle_of(folder, *entries, changes=changes, at=self.clock())
        return publish(self.centre, folder, by="officer")

    @property
    def engine(self) -> Engine:
        return self.centre.engine

    def add_records(
        self, count: int, *, unit: str = "TYT-1", state: RecordState = RecordState.READY, year_only: bool = False
    ) -> list[str]:
        """Records whose person the register confirmed."""
        versions = []
        for _ in range(count):
            self._next += 1
            versions.append(new_version(self._next, unit=unit, state=state, at=self.clock(), year_only=year_only))
        with writing(self.engine) as connection:
            write_versions(connection, versions, by="test", why="test", at=self.clock())
        return [version.record.record_id for version in versions]

    def state(self, record_id: str) -> tuple[str, str | None]:
        with self.engine.connect() as connection:
            row = connection.execute(select(records).where(records.c.record_id == record_id)).one()
        return row.state, row.reason

    def agent(self, unit: str, *, account: str = "y.ta") -> "Agent":
        agent = Agent(world=self, key=self.keys[unit], account=account)
        agent.log_in()
        return agent


@dataclass
class Agent:
    """What a signing agent does, without its checks."""

    world: World
    key: SoftKey
    account: str
    bearer: str = ""
    login: dict[str, Any] = field(default_factory=dict)

    def post(self, path: str, body: Any) -> Any:
        return self.world.client.post(path, json=body, headers={"Authorization": f"Bearer {self.bearer}"})

    def challenge(self) -> LoginChallenge:
        fingerprint = base64.b64encode(self.key.certificate.fingerprint).decode()
        answer = self.post("/v1/auth/challenge", {"fingerprint": fingerprint, "account": self.account}).json()
        return LoginChallenge(
            challenge_id=answer["challenge_id"], nonce=base64.b64decode(answer["nonce"]), account=self.account
        )

    def answer(self, challenge: LoginChallenge, *, centre: str | None = None, **more: str) -> Any:
        url = centre or self.world.centre.settings.centre_url
        message = login_message(challenge, centre=url, certificate=self.key.certificate)
        signature = base64.b64encode(self.key.sign(message)).decode()
        return self.post("/v1/auth/login", {"challenge_id": challenge.challenge_id, "signature": signature, **more})

    def log_in(self) -> None:
        response = self.answer(self.challenge())
        assert response.status_code == 200, response.text
        self.login = response.json()
        self.bearer = self.login["token"]

    def lease(self, limit: int = 100, layout: str = LAYOUT) -> dict[str, Any]:
        response = self.post("/v1/signing/lease", {"layout": layout, "limit": limit})
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def sign(self, data: dict[str, Any]) -> SignedJob:
        job = SigningJob.from_dict(data)
        certificate = self.key.certificate
        record = verify(job.record, job.evidence, today=job.signing_time.date())
        if job.task == "confirm":
            tbs = prepare_confirmation(record, job.terms, certificate)
            return SignedJob(job_id=job.job_id, signature=self.key.sign(tbs.message))
        tbs = prepare_passport(record, job.terms, certificate)
        assert tbs.digest == job.tbs_digest
        passport = finish(tbs, self.key.sign(tbs.message))
        if job.confirmation is not None:
            decode_cose_sign1(job.confirmation)
        hc1 = encode_hc1(passport.encode())
        prepared = prepare_document(
            record,
            job.terms,
            hc1,
            certificate,
            signing_time=job.signing_time,
            confirmation=job.confirmation,
        )
        return SignedJob(
            job_id=job.job_id,
            signature=passport.signature,
            hc1=hc1,
            cms=build_cms(prepared, self.key.sign(prepared.signed_attributes)),
            pdf_digest=prepared.digest,
        )

    def submit(
        self, lease_id: str, signed: Sequence[SignedJob], refused: Sequence[dict[str, str]] = ()
    ) -> list[dict[str, Any]]:
        response = self.post(
            "/v1/signing/submit",
            {"lease_id": lease_id, "signed": [job.to_dict() for job in signed], "refused": list(refused)},
        )
        assert response.status_code == 200, response.text
        results: list[dict[str, Any]] = response.json()["results"]
        return results

    def work(self, limit: int = 100) -> list[dict[str, Any]]:
        """Lease, sign everything, submit."""
        leased = self.lease(limit)
        return self.submit(leased["lease_id"], [self.sign(job) for job in leased["jobs"]])


def make_world(folder: Path, *, mode: Mode = "two-tier", address: Path | str | None = None, **settings: Any) -> World:
    """A centre with the units BYT (ministry), TYT-1 (EC token) and TYT-2 (RSA token).

    Args:
        address: of its database (`tests.support.databases`); None: SQLite in the folder.
    """
    clock = Clock()
    (folder / "roots.pem").write_text(to_pem(ROOT.certificate_der))
    (folder / "register.csv").write_text("id,name,dob,sex,status\n")  # knows nobody
    named = {"list_roots": folder / "roots.pem", "register_address": str(folder / "register.csv")}
    given = {"publication_hours": 0, "staff_idle_minutes": 480, **named, **settings}  # tests move the clock by hours
    made = Settings(data=folder, mode=mode, requests_per_minute=10_000, **given)
    engine = _with_units(address or folder / "vaxseal.sqlite3", made)
    centre = Centre(engine=engine, settings=made, secret=load_secret(folder), clock=clock)
    client = TestClient(create_app(centre), raise_server_exceptions=False)
    client.portal = portal()
    return World(centre=centre, clock=clock, client=client, keys=dict(_keys()))


@cache
def _keys() -> Mapping[str, SoftKey]:
    byt = make_key("ES256", common_name="SPECIMEN BYT")
    return {"BYT": byt, "TYT-1": soft_key("ES256"), "TYT-2": soft_key("PS256")}


def _with_units(address: Path | str, settings: Settings) -> Engine:
    """A new SQLite file begins as a copy of one that was made the long way, once a process."""
    usual = Settings(mode=settings.mode)
    alike = settings.model_dump(include=_OF_ENROLMENT) == usual.model_dump(include=_OF_ENROLMENT)
    if isinstance(address, Path) and not address.exists() and alike:
        address.touch(mode=0o600)
        address.write_bytes(_enrolled(settings.mode))
        return open_database(address)
    engine = open_database(address)
    _enrol(engine, settings)
    return engine


@cache
def _enrolled(mode: Mode) -> bytes:
    with TemporaryDirectory() as folder:
        engine = open_database(Path(folder) / "enrolled.sqlite3")
        _enrol(engine, Settings(mode=mode))
        engine.dispose()
        return (Path(folder) / "enrolled.sqlite3").read_bytes()


def _enrol(engine: Engine, settings: Settings) -> None:
    for code, key in _keys().items():
        add_unit(
            engine,
            code=code,
            name=f"Đơn vị {code}",
            kind="ministry" if code == "BYT" else "station",
            province="01",
            opened_on=date(2020, 1, 1),
            by="test",
            at=START,
        )
        enrol_token(engine, code, key.certificate_der, settings=settings, by="test", at=START)


def new_version(
    number: int,
    *,
    unit: str,
    state: RecordState = RecordState.READY,
    at: datetime = START,
    year_only: bool = False,
    version: int = 1,
) -> NewVersion:
    """A woman born on 5 April 1980 with two doses; ``number`` makes her number and id her own."""
    person = Person(
        full_name="NGUYỄN THỊ HỒNG HẠNH",
        date_of_birth=PartialDate(1980) if year_only else PartialDate(1980, 4, 5),
        sex=Sex.FEMALE,
        id_kind=IdKind.CCCD,
        id_number=f"001180{number:06d}",
    )
    record = VaccinationRecord(
        record_id=f"r{number:08d}",
        version=version,
        unit=unit,
        person=person,
        doses=(
            dose(1, "2021-08-02", product="vaxzevria", lot="ABW1234", unit=unit, entered_by="a"),
            dose(2, "2021-10-05", product="vaxzevria", lot="ABX5678", unit=unit, entered_by="a"),
        ),
    )
    return NewVersion(
        record=record,
        state=state,
        reason=None,
        person_key=f"CCCD:{person.id_number}",
        province="01",
        evidence=answer(person, answered_at=at),
    )
