"""Who signs at a unit's token: the person's account beside it.

The token proves the unit. Where the unit has accounts, the name that the agent gives must be one of them, enabled and
with the role signer; where it has none, any name is taken, unless the deployment asks for accounts everywhere.
"""

from sqlalchemy import Connection, select

from api.accounts.staff import roles_from_text
from api.config import Settings
from api.errors import CentreError
from api.store.schema_accounts import accounts


def signers_of(connection: Connection, unit: str) -> frozenset[str] | None:
    """The enabled signers of a unit; None where it has no accounts at all."""
    query = select(accounts.c.account, accounts.c.roles, accounts.c.disabled_at).where(accounts.c.unit == unit)
    rows = connection.execute(query).all()
    if not rows:
        return None
    return frozenset(row.account for row in rows if row.disabled_at is None and "signer" in roles_from_text(row.roles))


def refuse_stranger(connection: Connection, settings: Settings, *, unit: str, account: str) -> None:
    """Raises CentreError ``account-not-signer``."""
    signers = signers_of(connection, unit)
    if signers is None and settings.desk_accounts == "required":
        signers = frozenset()
    if signers is not None and account not in signers:
        raise CentreError("account-not-signer", "the account may not sign at this unit's token")
