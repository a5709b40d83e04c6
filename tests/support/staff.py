"""People of the staff, for tests: an account, its telephone, its bearer."""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import insert

from api.accounts.login import Proven
from api.accounts.passwords import hash_password
from api.accounts.second_factor import code_at, new_secret, seal_secret
from api.accounts.sessions import open_session
from api.accounts.staff import Role, Staff, roles_to_text
from api.context import Centre
from api.store.schema_accounts import accounts
from api.store.transactions import writing
from certificates.records.model import instant_to_text
from tests.support.centre import World

PASSWORD = "correct horse battery"


@dataclass
class Person:
    """Somebody with an account. ``post`` and ``get`` carry the bearer."""

    world: World
    account: str
    unit: str
    roles: frozenset[Role]
    secret: bytes
    password: str = PASSWORD
    bearer: str = field(default="")

    @property
    def staff(self) -> Staff:
        """As use cases take their actor."""
        return Staff(account=self.account, unit=self.unit, roles=self.roles)

    @property
    def code(self) -> str:
        """What the telephone shows now."""
        return code_at(self.secret, self.world.clock())

    def post(self, path: str, body: Any) -> Any:
        return self.world.client.post(path, json=body, headers={"Authorization": f"Bearer {self.bearer}"})

    def get(self, path: str) -> Any:
        return self.world.client.get(path, headers={"Authorization": f"Bearer {self.bearer}"})

    def log_in(self, **given: Any) -> Any:
        """The answer of the log-in, whatever it is; a bearer is kept."""
        body = {"account": self.account, "password": self.password, "code": self.code, **given}
        response = self.world.client.post("/v1/staff/login", json=body)
        self.bearer = response.json().get("token", self.bearer)
        return response


def add_person(world: World, account: str, unit: str, *roles: Role) -> Person:
    """An account with a password of its own and an open session."""
    secret = insert_account(world.centre, account, unit, *roles)
    bearer, staff, _ends = open_session(world.centre, Proven(account=account, by="test"))
    return Person(world=world, account=account, unit=unit, roles=staff.roles, secret=secret, bearer=bearer)


def insert_account(centre: Centre, account: str, unit: str, *roles: Role) -> bytes:
    """An account whose password is `PASSWORD`; returns the secret of its second factor."""
    secret, now = new_secret(), instant_to_text(centre.clock())
    with writing(centre.engine) as connection:
        connection.execute(
            insert(accounts).values(
                account=account,
                unit=unit,
                roles=roles_to_text(roles),
                password_hash=_stored_password(),
                password_set_at=now,
                totp_secret=seal_secret(secret, account, centre.secret),
                totp_step=0,
                made_at=now,
                made_by="test",
            )
        )
    return secret


@cache
def _stored_password() -> str:
    return hash_password(PASSWORD)
