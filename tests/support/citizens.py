"""Citizens for tests: a record that the look-ups find, its slip, a contact, an app, and what was sent."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import insert

from api.citizens.apps import add_app_key
from api.citizens.contacts import Contact, read_contact, register_contact
from api.citizens.evidence import Evidence
from api.citizens.sending import send_codes
from api.duplicates.finding import write_hints
from api.intake.rows import person_key
from api.passports.claims import hash_claim_code
from api.states import RecordState
from api.store.records import write_versions
from api.store.schema import claim_codes
from api.store.transactions import writing
from certificates.records.dates import PartialDate
from tests.support.centre import World, new_version

SLIP = "7K2MX-9Q0ZD"
NAME = "NGUYỄN THỊ HỒNG HẠNH"


def id_number(number: int) -> str:
    return f"001180{number:06d}"


def add_citizen(
    world: World,
    number: int = 1,
    *,
    unit: str = "TYT-1",
    state: RecordState = RecordState.READY,
    contact: str | None = "0912 345 678",
    name: str = NAME,
    born: PartialDate | None = None,
    reason: str | None = None,
) -> str:
    """A record as an import stores it, with a slip and (unless None) a contact. Returns its number."""
    made = new_version(number, unit=unit, state=state, at=world.clock())
    person = replace(made.record.person, full_name=name, date_of_birth=born or made.record.person.date_of_birth)
    record = replace(made.record, person=person)
    evidence = None
    if state is RecordState.READY:
        evidence = replace(made.evidence, person_digest=person.digest) if made.evidence is not None else None
    version = replace(
        made, record=record, person_key=person_key(person, record.doses[0]), evidence=evidence, reason=reason
    )
    record_id, at = record.record_id, world.clock()
    with writing(world.engine) as connection:
        write_versions(connection, [version], by="lan@TYT-1", why="import", at=at)
        write_hints(connection, [version], origin="test")
        code = hash_claim_code(world.centre.secret, record_id, SLIP)
        connection.execute(
            insert(claim_codes).values(
                record_id=record_id, province="01", code_hash=code, failures=0, made_at="2022-03-01T00:00:00Z"
            )
        )
        if contact is not None:
            to = read_contact(contact)
            secret = world.centre.secret
            register_contact(connection, secret, record_id, to, Evidence.CITIZEN_CARD, by="lan@TYT-1", at=at)
    return record_id


@dataclass
class Post:
    """Keeps what it is given to send."""

    sent: list[tuple[str, str]] = field(default_factory=list)

    def send(self, to: Contact, text: str, language: str) -> None:
        del language
        self.sent.append((to.address, text))


@dataclass
class CitizenApp:
    """A citizen app with a key, and the session that it has."""

    world: World
    key: str
    key_id: str
    bearer: str = ""
    post_office: Post = field(default_factory=Post)
    _asked: int = 0

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        given = {"X-App-Key": self.key, **headers}
        if self.bearer:
            given["Authorization"] = f"Bearer {self.bearer}"
        return self.world.client.post(f"/v1/citizen/{path}", json=body or {}, headers=given)

    def ask(self, name: str | None = None, **who: str) -> Any:
        """The answer to "send me a code"."""
        self._asked += 1
        return self.post("enter/send-code", who, **{"Idempotency-Key": name or f"request-{self._asked}"})

    def delivered(self) -> Sequence[str]:
        """The codes that were sent since the last look, as they came."""
        send_codes(self.world.centre, {"sms": self.post_office, "email": self.post_office})
        texts = [text for _, text in self.post_office.sent]
        self.post_office.sent.clear()
        return [text[:9] for text in texts]

    def enter(self, number: int = 1) -> Any:
        """A session by a code that was sent to the telephone."""
        ticket = self.ask(id_number=id_number(number)).json()["ticket"]
        (code,) = self.delivered()
        answer = self.post("enter/code", {"ticket": ticket, "code": code})
        self.bearer = answer.json()["token"]
        return answer

    def complain(self, kind: str, name: str | None = None, **given: Any) -> Any:
        """The answer to a complaint about the own record."""
        self._asked += 1
        body = {"kind": kind, "statement": "Sai dữ liệu", **given}
        return self.post("me/complain", body, **{"Idempotency-Key": name or f"complaint-{self._asked}"})


def add_app(world: World) -> CitizenApp:
    key_id, key = add_app_key(world.engine, name="Sổ sức khỏe", by="operator", at=world.clock())
    return CitizenApp(world=world, key=key, key_id=key_id)
