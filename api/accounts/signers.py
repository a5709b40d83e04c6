"""Who signs at a unit's token: the person's account beside it.

The token proves the unit. Where the unit has accounts of signers, the name that the agent gives must be an enabled one
of them; where it has none yet, any name is taken, unless the deployment asks for accounts everywhere.
"""

from typing import Final

from sqlalchemy import Connection, bindparam, select

from api.accounts.staff import roles_from_text, working_unit
from api.config import Settings
from api.errors import CentreError
from api.store.schema_accounts import accounts

_OF_UNIT: Final = select(accounts.c.account, accounts.c.roles, accounts.c.disabled_at).where(
    accounts.c.unit == bindparam("its_unit")
)


def signers_of(connection: Connection, unit: str) -> frozenset[str] | None:
    """The enabled signers at a unit's token; None where there is no account of a signer, not even a disabled one.

    A token of a closed unit is its successor's: so are its signers.
    """
    heirs = working_unit(connection, unit)
    rows = connection.execute(_OF_UNIT, {"its_unit": heirs}).all()
    signers = [row for row in rows if "signer" in roles_from_text(row.roles)]
    return frozenset(row.account for row in signers if row.disabled_at is None) if signers else None


def refuse_stranger(connection: Connection, settings: Settings, *, unit: str, account: str) -> None:
    """Raises CentreError ``account-not-signer``."""
    signers = signers_of(connection, unit)
    if signers is None and settings.desk_accounts_required:
        signers = frozenset()
    if signers is not None and account not in signers:
        raise CentreError("account-not-signer", "the account may not sign at this unit's token")
