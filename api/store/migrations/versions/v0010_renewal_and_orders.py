"""Renewal, orders of revocation by two people and in pages, notices, deliveries and the doses against them."""

import sqlalchemy as sa
from alembic import op

from api.renewal.days import renewal_day
from certificates.records.model import instant_from_text

revision = "0010"
down_revision = "0009"

_S, _I = sa.String(), sa.Integer()
_AT_ONCE = 1000


def upgrade() -> None:
    _extend_orders()
    op.add_column("revocation_entries", sa.Column("not_before", _S))
    op.add_column("published_parts", sa.Column("version", _I))
    op.execute("UPDATE published_parts SET version = (SELECT coalesce(max(version), 0) FROM published_bundles)")
    with op.batch_alter_table("published_parts") as batch:
        batch.alter_column("version", existing_type=_I, nullable=False)
    _add_tables()
    op.execute(
        "INSERT INTO order_passports (province, order_id, uvci, record_id, version, state)"
        " SELECT p.province, r.order_id, p.uvci, p.record_id, p.version, 'revoked' FROM revoked_passports r"
        " JOIN passports p ON p.uvci = r.uvci AND p.province = r.province"
        " JOIN revocation_orders o ON o.order_id = r.order_id WHERE o.withdrawn_at IS NULL"
    )
    _plan_renewals()


def _extend_orders() -> None:
    for name in ("state", "reissue", "made_unit", "approved_by", "approved_unit", "approved_at"):
        op.add_column("revocation_orders", sa.Column(name, _S))
    op.add_column("revocation_orders", sa.Column("fraud", _I))
    op.add_column("revocation_orders", sa.Column("units", sa.Text()))
    for name in ("publish_from", "deadline", "collected_at", "done_at"):
        op.add_column("revocation_orders", sa.Column(name, _S))
    orders = sa.table(
        "revocation_orders", *map(sa.column, ("state", "reissue", "fraud", "reason", "withdrawn_at", "made_at"))
    )
    op.execute(
        sa.update(orders).values(
            state=sa.case((orders.c.withdrawn_at.is_(None), "done"), else_="withdrawn"),
            reissue="no",
            fraud=sa.case((orders.c.reason == "fraud", 1), else_=0),
        )
    )
    with op.batch_alter_table("revocation_orders") as batch:
        batch.alter_column("state", existing_type=_S, nullable=False)
        batch.alter_column("reissue", existing_type=_S, nullable=False)
        batch.alter_column("fraud", existing_type=_I, nullable=False)
    op.create_index("revocation_orders_state", "revocation_orders", ["state"])


def _add_tables() -> None:
    op.create_table(
        "renewals",
        sa.Column("province", _S, primary_key=True),
        sa.Column("record_id", _S, primary_key=True),
        sa.Column("version", _I, primary_key=True),
        sa.Column("uvci", _S, nullable=False),
        sa.Column("due_on", _S, nullable=False),
        sa.Column("expires_at", _S, nullable=False),
        sa.Column("state", _S, nullable=False),
        sa.Column("reason", _S),
        sa.Column("next_version", _I),
        sa.Column("changed_at", _S, nullable=False),
    )
    op.create_index("renewals_due", "renewals", ["state", "due_on", "record_id"])
    op.create_index("renewals_record", "renewals", ["record_id", "version"])
    op.create_table(
        "notices",
        sa.Column("province", _S, primary_key=True),
        sa.Column("notice_id", _S, primary_key=True),
        sa.Column("record_id", _S, nullable=False),
        sa.Column("kind", _S, nullable=False),
        sa.Column("uvci", _S, nullable=False),
        sa.Column("new_uvci", _S),
        sa.Column("due_at", _S, nullable=False),
        sa.Column("until", _S),
        sa.Column("told_at", _S),
        sa.Column("told_by", _S),
    )
    op.create_index("notices_record", "notices", ["record_id", "due_at"])
    op.create_index("notices_open", "notices", ["told_at", "due_at"])
    op.create_table(
        "order_passports",
        sa.Column("province", _S, primary_key=True),
        sa.Column("order_id", _S, sa.ForeignKey("revocation_orders.order_id"), primary_key=True),
        sa.Column("uvci", _S, primary_key=True),
        sa.Column("record_id", _S, nullable=False),
        sa.Column("version", _I, nullable=False),
        sa.Column("state", _S, nullable=False),
        sa.Column("next_version", _I),
    )
    op.create_index("order_passports_work", "order_passports", ["order_id", "state", "uvci"])
    op.create_index("order_passports_record", "order_passports", ["record_id", "state"])
    op.create_table(
        "deliveries",
        sa.Column("province", _S, primary_key=True),
        sa.Column("unit", _S, sa.ForeignKey("units.code"), primary_key=True),
        *(sa.Column(name, _S, primary_key=True) for name in ("product", "lot", "day", "note")),
        sa.Column("doses", _I, nullable=False),
        sa.Column("entered_by", _S, nullable=False),
        sa.Column("entered_at", _S, nullable=False),
    )
    op.create_table(
        "dose_changes",
        sa.Column("province", _S, primary_key=True),
        sa.Column("change_id", _S, primary_key=True),
        *(sa.Column(name, _S, nullable=False) for name in ("unit", "day", "product", "lot")),
        sa.Column("given", _I, nullable=False),
        sa.Column("issued", _I, nullable=False),
    )
    op.create_table(
        "dose_counts",
        *(sa.Column(name, _S, primary_key=True) for name in ("province", "unit", "day", "product", "lot")),
        sa.Column("given", _I, nullable=False),
        sa.Column("issued", _I, nullable=False),
    )
    op.create_index("dose_counts_unit", "dose_counts", ["unit", "day"])


def _plan_renewals() -> None:
    """Give every issued passport the day of its renewal."""
    names = ("province", "record_id", "version", "uvci", "expires_at")
    passports = sa.table("passports", *map(sa.column, (*names, "state", "issued_at")))
    renewals = sa.table("renewals", *map(sa.column, (*names, "due_on", "state", "changed_at")))
    connection, last = op.get_bind(), ""
    query = sa.select(passports).where(passports.c.state == "issued").order_by(passports.c.uvci).limit(_AT_ONCE)
    while rows := connection.execute(query.where(passports.c.uvci > last)).all():
        connection.execute(
            sa.insert(renewals),
            [
                {name: row._mapping[name] for name in names}
                | {
                    "due_on": renewal_day(row.uvci, instant_from_text(row.expires_at)).isoformat(),
                    "state": "waiting",
                    "changed_at": row.issued_at,
                }
                for row in rows
            ],
        )
        last = rows[-1].uvci
