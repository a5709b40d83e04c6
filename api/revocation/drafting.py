"""What checkers do not have on their list yet: handed out in drafts, and ticked off when a list was published.

A draft that gets lost costs nothing: until `find_news` finds its entries on a list, the next one holds them again.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, Row, and_, func, or_, select, tuple_, update

from api.audit import record_act
from api.revocation.entries import REVOKED, VALID
from api.revocation.states import OrderState
from api.store.arrays import one_of
from api.store.schema import intents, revocation_entries, revocation_orders
from api.store.schema_revoking import order_passports
from api.store.transactions import Turn, writing
from certificates.records.model import instant_from_text, instant_to_text
from certificates.revocation.drafts import DraftGroup, RevocationDraft, gather_groups
from certificates.revocation.hashes import HashType, country_uci_hash
from certificates.revocation.index import RevocationIndex

_AT_ONCE: Final = 1000
_IN_PAGES: Final = {"yield_per": _AT_ONCE}
_table = revocation_entries.c
_KEY: Final = tuple_(_table.scope, _table.hash_type, _table.hash)


def make_draft(
    engine: Engine, *, by: str, at: datetime, limit: int | None = None, token: bytes | None = None
) -> RevocationDraft:
    """What no published list says yet, and has not expired.

    Args:
        limit: of the entries to add, and of those to remove; the draft after the next publication has the rest. None:
            everything.
        token: fingerprint of the certificate that asks for it, for the log.
    """
    draft_id = secrets.token_hex(8)
    with writing(engine, Turn.ALONE) as connection:
        added, removed = and_(_to_add(at), *_standing(connection)), _to_remove(at)
        if limit is not None:
            added, removed = (_first(connection, condition, limit) for condition in (added, removed))
        draft = RevocationDraft(
            draft_id=draft_id,
            made_at=at,
            added=_read_groups(connection, added),
            removed=_read_groups(connection, removed),
        )
        connection.execute(update(revocation_entries).where(or_(added, removed)).values(draft_id=draft_id))
        counts = "{}, {}".format(*draft.count)
        record_act(connection, at=at, actor=by, act="draft-revocations", subject=draft_id, reason=counts, token=token)
    return draft


@dataclass(frozen=True, slots=True)
class News:
    """An entry of which a list says something new: ``said`` in place of ``published``, where it is ``wanted`` so."""

    scope: bytes
    hash_type: str
    hash: bytes
    published: str | None
    wanted: str
    said: str | None


def find_news(engine: Engine, index: RevocationIndex, *, at: datetime) -> tuple[News, ...]:
    """What a list that is about to be published says otherwise than the one before: it reads every entry that has not
    expired, page by page, and keeps nobody waiting."""
    found: list[News] = []
    last: tuple[bytes, str, bytes] = (b"", "", b"")
    with engine.connect() as connection:
        while rows := connection.execute(
            select(_table.scope, _table.hash_type, _table.hash, _table.published, _table.wanted)
            .where(tuple_(*last) < _KEY, _table.expires_at >= instant_to_text(at))
            .order_by(_table.scope, _table.hash_type, _table.hash)
            .limit(_AT_ONCE)
        ).all():
            found += [News(*row, said) for row in rows if (said := _said(index, row)) != row.published]
            last = tuple(rows[-1][:3])
            connection.rollback()  # a snapshot for a page: a vacuum need not wait for all of them
    return tuple(found)


def note_published(connection: Connection, news: Sequence[News], *, version: int, by: str, at: datetime) -> int:
    """Note what the published list says new of our entries: what it really says, whatever draft it is from.

    An entry that was changed since `find_news` is left to the next publication. Returns of how many entries it says
    something new.
    """
    alike: dict[tuple[bytes, str, str | None, str, str | None], list[bytes]] = {}
    for one in news:
        alike.setdefault((one.scope, one.hash_type, one.published, one.wanted, one.said), []).append(one.hash)
    changed = 0
    for (scope, hash_type, published, wanted, said), hashes in alike.items():
        as_it_was = (
            _table.scope == scope,
            _table.hash_type == hash_type,
            _table.published.is_not_distinct_from(published),
            _table.wanted == wanted,
        )
        for start in range(0, len(hashes), _AT_ONCE):
            these = one_of(connection, _table.hash, hashes[start : start + _AT_ONCE])
            changed += connection.execute(
                update(revocation_entries).where(*as_it_was, these).values(published=said, version=version)
            ).rowcount
    record_act(
        connection, at=at, actor=by, act="publish-revocations", subject=f"version {version}", reason=str(changed)
    )
    return changed


def _said(index: RevocationIndex, row: Row[*tuple[Any, ...]]) -> str | None:
    """What a list says of an entry: nothing, where it never held it and shall.

    What was taken back and is not on the list needs no removal: should an old draft bring it, the next look sees it.
    """
    table = index.table(row.scope, HashType(row.hash_type))
    if table is not None and row.hash in table:
        return REVOKED
    return None if row.published is None and row.wanted == REVOKED else VALID


def count_open(engine: Engine, *, at: datetime) -> dict[str, int]:
    """How many entries lists hold (``published``), and how many wait for the next one to add or to remove;
    ``undoable``: no draft holds them before their order's undo window ends."""
    on_list = and_(_table.published == REVOKED, _table.wanted == REVOKED)
    undoable = and_(_table.wanted == REVOKED, _table.not_before > instant_to_text(at))
    conditions = {"published": on_list, "to_add": _to_add(at), "to_remove": _to_remove(at), "undoable": undoable}
    with engine.connect() as connection:
        return {name: _count(connection, condition) for name, condition in conditions.items()}


def count_due(engine: Engine, *, at: datetime) -> int:
    """How many entries a draft would hold now."""
    with engine.connect() as connection:
        added, removed = and_(_to_add(at), *_standing(connection)), _to_remove(at)
        return _count(connection, added) + _count(connection, removed)


def read_revoked(engine: Engine, hash_type: HashType, *, at: datetime) -> tuple[DraftGroup, ...]:
    """All that is revoked and has not expired, published or not; for other countries.

    ``COUNTRYCODEUCI`` stands in place of ``UCI``; signatures that came late are in both.
    """
    with engine.connect() as connection:
        rows = connection.execute(
            select(revocation_entries, intents.c.country)
            .join(intents, intents.c.uvci == _table.uvci)
            .where(_table.wanted == REVOKED, _table.expires_at >= instant_to_text(at)),
            execution_options=_IN_PAGES,
        )
        return gather_groups(_told(row, hash_type) for row in rows)


def _told(row: Row[Any], hash_type: HashType) -> tuple[bytes, HashType, bytes, datetime]:
    stored, ends = HashType(row.hash_type), instant_from_text(row.expires_at)
    if stored is HashType.UCI and hash_type is HashType.COUNTRYCODEUCI:
        return row.scope, hash_type, country_uci_hash(row.country, row.uvci), ends
    return row.scope, stored, row.hash, ends


def _to_add(at: datetime) -> ColumnElement[bool]:
    unsaid = or_(_table.published.is_(None), _table.published == VALID)
    due = or_(_table.not_before.is_(None), _table.not_before <= instant_to_text(at))
    return and_(_table.wanted == REVOKED, unsaid, due, _table.expires_at >= instant_to_text(at))


def _standing(connection: Connection) -> list[ColumnElement[bool]]:
    """Leaves out what an order holds that was just taken back: its pages have not come to all of its entries yet."""
    withdrawing = connection.execute(
        select(revocation_orders.c.order_id).where(revocation_orders.c.state == OrderState.WITHDRAWING.value)
    ).scalars()
    going = select(order_passports.c.uvci).where(
        order_passports.c.order_id.in_(list(withdrawing)), order_passports.c.state.in_(("revoked", "replaced"))
    )
    return [or_(_table.hash_type != HashType.UCI.value, _table.uvci.not_in(going))]


def _to_remove(at: datetime) -> ColumnElement[bool]:
    """What a list says, or may say as it went out in a draft, and shall not."""
    said = or_(_table.published == REVOKED, and_(_table.published.is_(None), _table.draft_id.is_not(None)))
    return and_(_table.wanted == VALID, said, _table.expires_at >= instant_to_text(at))


def _first(connection: Connection, condition: ColumnElement[bool], limit: int) -> ColumnElement[bool]:
    """Of the entries that this is true of, the first so many."""
    last = connection.execute(
        select(_table.scope, _table.hash_type, _table.hash)
        .where(condition)
        .order_by(_table.scope, _table.hash_type, _table.hash)
        .offset(limit - 1)
        .limit(1)
    ).one_or_none()
    return condition if last is None else and_(condition, tuple_(*last) >= _KEY)


def _read_groups(connection: Connection, condition: ColumnElement[bool]) -> tuple[DraftGroup, ...]:
    query = select(_table.scope, _table.hash_type, _table.hash, _table.expires_at).where(condition)
    rows = connection.execute(query, execution_options=_IN_PAGES)
    return gather_groups(
        (row.scope, HashType(row.hash_type), row.hash, instant_from_text(row.expires_at)) for row in rows
    )


def _count(connection: Connection, condition: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(revocation_entries).where(condition)
    return int(connection.execute(query).scalar_one())
