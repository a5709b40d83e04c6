"""Practice for signers: a specimen token, a specimen centre and invented people, on this machine alone, and gone after.

Everything real but the data: the same desk, agent, centre and PKCS#11 path. The key is made on the spot in a SoftHSM of
a temporary folder, under a CSCA that no list names; every name and certificate says SPECIMEN.
"""

import logging
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

from certificates.records.model import Dose, IdKind, Person, RegisterAnswer, RegisterStatus, VaccinationRecord

if TYPE_CHECKING:
    from api.context import Centre
    from api.store.records import NewVersion
    from vaxseal.demo.people import Citizen

UNIT: Final = "SPECIMEN"
READY: Final = 12  # records
ACCOUNT: Final = "luyen-tap"
_SEED: Final = 20211108
_PIN: Final = "271828"  # no secret: it stands on the page
_NOT_READY: Final = (
    ("malformed_id", "citizen-id-length"),
    ("mismatched", "register-mismatch:date_of_birth"),
    ("incomplete", "dose-interval"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Practice:
    """Where the practice takes place; ``folder`` is emptied afterwards."""

    folder: Path
    centre: str
    module: Path
    serial: str
    pin: str = field(default=_PIN, repr=False)


@contextmanager
def practice() -> Iterator[Practice]:
    """Make it, serve it on loopback, and destroy it. Raises TokenError, CentreError, CertificateError.

    SoftHSM is pointed at a folder of its own for this process and its children.
    """
    import structlog

    from hsm.modules import find_softhsm

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))  # nobody reads its log
    module = find_softhsm()
    with tempfile.TemporaryDirectory(prefix="vaxseal-practice-") as name:
        folder = Path(name)
        serial, certificate = _make_token(module, folder / "softhsm")
        with _serve(folder / "centre", certificate) as url:
            yield Practice(folder=folder, centre=url, module=module, serial=serial)


def _make_token(module: Path, folder: Path) -> tuple[str, bytes]:
    """A token whose key has a certificate of a CSCA made for it and forgotten at once."""
    from certificates.profiles import DscProfile, Subject, issue_csca, issue_dsc
    from hsm import softhsm
    from hsm.keys import open_bare_key
    from hsm.provisioning import generate_key, init_token, random_pin, store_certificate
    from hsm.requests import RequestSubject, make_csr
    from hsm.tokens import TokenSelector

    softhsm.use_config(folder)
    pins = {"SPECIMEN CSCA": random_pin(), "SPECIMEN": _PIN}
    made = {label: init_token(module, label=label, so_pin=random_pin(), pin=pin) for label, pin in pins.items()}
    chosen = {label: TokenSelector(serial=token.serial) for label, token in made.items()}
    for label, pin in pins.items():
        generate_key(module, chosen[label], lambda pin=pin: pin, "EC", label=label)  # type: ignore[misc]
    begin = datetime.now(UTC) - timedelta(hours=1)
    with open_bare_key(module, chosen["SPECIMEN"], lambda: _PIN) as key:
        request = make_csr(
            key, RequestSubject(common_name="SPECIMEN", organisation="SPECIMEN Trạm Y tế", unit_code=UNIT)
        )
    with open_bare_key(module, chosen["SPECIMEN CSCA"], lambda: pins["SPECIMEN CSCA"]) as csca:
        root = issue_csca(
            csca,
            public_key_der=csca.public_key_der,
            subject=Subject(common_name="SPECIMEN CSCA", organisation="SPECIMEN"),
            not_before=begin,
            specimen=True,
        )
        certificate = issue_dsc(request, csca, root, DscProfile(specimen=True), not_before=begin)
    store_certificate(module, chosen["SPECIMEN"], lambda: _PIN, certificate)
    return made["SPECIMEN"].serial, certificate


@contextmanager
def _serve(folder: Path, certificate: bytes) -> Iterator[str]:
    """The centre with its records, in a thread. Gives its address."""
    import socket

    import uvicorn

    from api.app import create_app
    from api.config import Settings, load_secret
    from api.context import Centre
    from api.store.database import open_database

    folder.mkdir()
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        centre = Centre(
            engine=open_database(folder / "vaxseal.sqlite3"),
            settings=Settings(data=folder, mode="two-tier", publication_hours=0, centre_url=url),
            secret=load_secret(folder),
        )
        _fill(centre, certificate)
        server = uvicorn.Server(uvicorn.Config(create_app(centre), log_config=None, log_level="critical"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield url
        finally:
            server.should_exit = True
            thread.join(10)
            centre.engine.dispose()


def _fill(centre: "Centre", certificate: bytes) -> None:
    from api.signing.enrolment import add_unit, enrol_token
    from api.store.records import write_versions
    from api.store.transactions import writing
    from vaxseal.demo.people import Population

    at = centre.clock()
    add_unit(
        centre.engine,
        code=UNIT,
        name="SPECIMEN Trạm Y tế",
        kind="station",
        province="01",
        opened_on=date(2021, 1, 1),
        by=ACCOUNT,
        at=at,
    )
    enrol_token(centre.engine, UNIT, certificate, settings=centre.settings, by=ACCOUNT, at=at)
    population = Population(Random(_SEED))  # noqa: S311 - the same invented people each time
    states = [("ready", None)] * READY + list(_NOT_READY)
    versions = [
        _version(number, population.citizen(year_only=number % 5 == 0), state, reason, at)
        for number, (state, reason) in enumerate(states, start=1)
    ]
    with writing(centre.engine) as connection:
        write_versions(connection, versions, by=ACCOUNT, why="practice", at=at)


def _version(number: int, citizen: "Citizen", state: str, reason: str | None, at: datetime) -> "NewVersion":
    from api.states import RecordState
    from api.store.records import NewVersion

    person = Person(
        full_name=f"SPECIMEN {citizen.full_name}",
        date_of_birth=citizen.born,
        sex=citizen.sex,
        nationality=citizen.nationality,
        id_kind=IdKind.CCCD,
        id_number=citizen.id_number,
    )
    record = VaccinationRecord(
        record_id=f"SPECIMEN-{number:02}",
        version=1,
        unit=UNIT,
        person=person,
        doses=tuple(
            Dose(
                number=dose.number,
                given_on=dose.given_on,
                product=dose.product,
                lot=dose.lot,
                unit=UNIT,
                entered_by=ACCOUNT,
            )
            for dose in citizen.doses
        ),
    )
    confirmed = RegisterAnswer(
        person_digest=person.digest,
        status=RegisterStatus.FOUND,
        name=True,
        date_of_birth=True,
        sex=True,
        id_number=True,
        register="SPECIMEN",
        answered_at=at,
    )
    return NewVersion(
        record=record,
        state=RecordState(state),
        reason=reason,
        person_key=f"CCCD:{citizen.id_number}",
        province="01",
        evidence=confirmed if state == "ready" else None,
    )
