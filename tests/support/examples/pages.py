"""Examples of the staff's first pages."""

from sqlalchemy import select

from api.accounts.second_factor import code_at, open_secret
from api.accounts.staff import Staff
from api.store.schema_accounts import accounts
from tests.support.centre import World
from tests.support.examples.example import Example, Request, nothing
from tests.support.staff import PASSWORD


def _password(world: World, _unit: str, caller: Staff) -> Request:
    query = select(accounts.c.totp_secret).where(accounts.c.account == caller.account)
    with world.engine.connect() as connection:
        sealed = connection.execute(query).scalar_one_or_none()
    secret = open_secret(sealed, caller.account, world.centre.secret) if sealed else b"x" * 20
    code = code_at(secret, world.clock())
    return Request(form={"password": PASSWORD, "new_password": f"{PASSWORD} staple", "code": code})


EXAMPLES = {
    "GET /staff": Example(nothing, placed=False),
    "GET /staff/password": Example(nothing, placed=False),
    "POST /staff/password": Example(by_caller=_password, placed=False),
    "POST /staff/logout": Example(nothing, placed=False),
}
