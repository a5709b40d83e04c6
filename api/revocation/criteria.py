"""Which passports an order is about: criteria that all must hold, and the query that finds what they hold of.

Whose hand a passport went through is asked of both signatures: the passport's own, and in two-tier the confirmation of
the unit, whose token never signs a passport there.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, Table, func, select

from api.errors import CentreError
from api.store.schema import confirmations, passports, record_versions, records, tokens, units
from certificates.cose import KID_SIZE
from certificates.records.model import VaccinationRecord, instant_from_text, instant_to_text

MOST_NAMED: Final = 10_000  # codes or records of one order


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """What must hold of a passport, all of it; an empty value asks nothing.

    Attributes:
        codes: certificate codes, as `certificates.uvci.normalise` gives them.
        records: numbers of records, all versions.
        signed_with: DSCs of passports, each by fingerprint (32 bytes) or kid (8).
        unit: whose token signed or confirmed.
        token: the fingerprint of the certificate that signed or confirmed.
        account: who sat at that token.
        lot: of any dose of the passport's record; case and blanks do not matter.
        product: the key of the product that the lot is of.
        since: from when on that hand (without one: the passport's signer) signed; aware.
        until: until when, itself included.
    """

    codes: tuple[str, ...] = ()
    records: tuple[str, ...] = ()
    signed_with: tuple[bytes, ...] = ()
    unit: str | None = None
    token: bytes | None = None
    account: str | None = None
    lot: str | None = None
    product: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def check(self, connection: Connection) -> None:
        """Refuse what is no choice, or names what is not there.

        Raises CentreError ``criteria-none`` (everything would match), ``criteria-window``, ``criteria-product`` (a
        product without a lot), ``criteria-many``, ``code-unknown``, ``record-unknown``, ``unit-unknown``,
        ``token-unknown``.
        """
        chosen = (self.codes, self.records, self.signed_with, self.unit, self.token, self.account, self.lot)
        if not any(chosen):
            raise CentreError("criteria-none", "say whose passports: a time alone is no choice")
        if self.since is not None and self.until is not None and self.since > self.until:
            raise CentreError("criteria-window", "the time window ends before it begins")
        if self.product is not None and not self.lot:
            raise CentreError("criteria-product", "a product is named with its lot")
        if max(len(self.codes), len(self.records)) > MOST_NAMED:
            raise CentreError("criteria-many", f"at most {MOST_NAMED} certificate codes or records in one order")
        _check_known(connection, passports.c.uvci, self.codes, "code-unknown", "certificate code")
        _check_known(connection, records.c.record_id, self.records, "record-unknown", "record")
        _check_known(connection, units.c.code, filter(None, [self.unit]), "unit-unknown", "unit")
        fingerprints = [*filter(None, [self.token]), *(one for one in self.signed_with if len(one) != KID_SIZE)]
        _check_known(connection, tokens.c.fingerprint, fingerprints, "token-unknown", "token")
        if len(_with_kids(connection, self.signed_with)) < len(set(self.signed_with)):
            raise CentreError("token-unknown", "no token of this kid is enrolled")

    def select(self, connection: Connection, *columns: Any) -> Select[Any]:
        """A query for these columns of ``passports`` and ``records``, and last of the document where there is a lot.

        Of a lot it finds a few too many: `matches` has the last word.
        """
        query = (
            select(*columns, *([record_versions.c.document] if self.lot else []))
            .select_from(passports)
            .join(records, records.c.record_id == passports.c.record_id)
        )
        if self.codes:
            query = query.where(passports.c.uvci.in_(self.codes))
        if self.records:
            query = query.where(passports.c.record_id.in_(self.records))
        if self.signed_with:
            query = query.where(passports.c.fingerprint.in_(_with_kids(connection, self.signed_with)))
        if self.unit is not None or self.token is not None or self.account is not None:
            own, theirs = passports.alias(), passports.alias()
            same = (theirs.c.record_id == confirmations.c.record_id) & (theirs.c.version == confirmations.c.version)
            query = query.where(
                passports.c.uvci.in_(
                    select(own.c.uvci)
                    .where(*self._hand(own, own.c.signed_at))
                    .union(
                        select(theirs.c.uvci)
                        .join(confirmations, same)
                        .where(*self._hand(confirmations, confirmations.c.confirmed_at))
                    )
                )
            )
        else:
            query = query.where(*self._window(passports.c.signed_at))
        if self.lot:
            same = (record_versions.c.record_id == passports.c.record_id) & (
                record_versions.c.version == passports.c.version
            )
            document: ColumnElement[str] = func.replace(func.lower(record_versions.c.document), " ", "")
            needle = '"lot":' + json.dumps(_squeezed(self.lot), ensure_ascii=False)
            query = query.join(record_versions, same).where(document.contains(needle, autoescape=True))
        return query

    def matches(self, document: str) -> bool:
        """Whether a record's document (JSON) has a dose of the lot; True where none is asked for."""
        if not self.lot:
            return True
        lot = _squeezed(self.lot)
        doses = VaccinationRecord.from_dict(json.loads(document)).doses
        return any(_squeezed(dose.lot) == lot and self.product in (None, dose.product) for dose in doses)

    def to_dict(self) -> dict[str, Any]:
        """What was asked for, as JSON."""
        given = {
            "codes": list(self.codes),
            "records": list(self.records),
            "signed_with": [one.hex() for one in self.signed_with],
            "unit": self.unit,
            "token": self.token and self.token.hex(),
            "account": self.account,
            "lot": self.lot,
            "product": self.product,
            "since": self.since and instant_to_text(self.since),
            "until": self.until and instant_to_text(self.until),
        }
        return {name: value for name, value in given.items() if value}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Criteria":
        """The inverse of `to_dict`."""

        def moment(name: str) -> datetime | None:
            return instant_from_text(data[name]) if name in data else None

        return cls(
            codes=tuple(data.get("codes", ())),
            records=tuple(data.get("records", ())),
            signed_with=tuple(bytes.fromhex(one) for one in data.get("signed_with", ())),
            unit=data.get("unit"),
            token=bytes.fromhex(data["token"]) if "token" in data else None,
            account=data.get("account"),
            lot=data.get("lot"),
            product=data.get("product"),
            since=moment("since"),
            until=moment("until"),
        )

    def _hand(self, table: Table | Any, at: ColumnElement[str]) -> list[ColumnElement[bool]]:
        """Conditions on one signature: its token, the unit of that token, who sat there, and when."""
        conditions: list[ColumnElement[bool]] = self._window(at)
        if self.unit is not None:
            conditions.append(table.c.fingerprint.in_(select(tokens.c.fingerprint).where(tokens.c.unit == self.unit)))
        if self.token is not None:
            conditions.append(table.c.fingerprint == self.token)
        if self.account is not None:
            conditions.append(table.c.account == self.account)
        return conditions

    def _window(self, at: ColumnElement[str]) -> list[ColumnElement[bool]]:
        conditions: list[ColumnElement[bool]] = []
        if self.since is not None:
            conditions.append(at >= instant_to_text(self.since))
        if self.until is not None:
            conditions.append(at <= instant_to_text(self.until))
        return conditions


def _with_kids(connection: Connection, names: Sequence[bytes]) -> list[bytes]:
    """Fingerprints of tokens by fingerprint or kid, which is its beginning."""
    known = connection.execute(select(tokens.c.fingerprint)).scalars()
    wanted = set(names)
    return [one for one in known if one in wanted or one[:KID_SIZE] in wanted]


def _check_known(connection: Connection, column: ColumnElement[Any], names: Any, code: str, word: str) -> None:
    wanted = list(names)
    known = set(connection.execute(select(column).where(column.in_(wanted))).scalars()) if wanted else set()
    missing = [str(place) for place, name in enumerate(wanted, 1) if name not in known]
    if missing:  # by their place: a certificate code is personal data
        which = f": {', '.join(missing[:5])} of {len(wanted)}" if len(wanted) > 1 else ""
        raise CentreError(code, f"no passport, record, unit or token has this {word}{which}")


def _squeezed(text: str) -> str:
    return "".join(text.split()).lower()
