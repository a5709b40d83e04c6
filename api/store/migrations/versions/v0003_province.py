"""The province of a record stands in the key of everything that hangs on it, so that PostgreSQL can part tables by it.

The tables are made anew beside the old ones and filled from them.
"""

from dataclasses import dataclass

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Of one table: its key, unique columns, and columns that lead to another table. ``province`` is the last of each.

    ``found_by``: the table that knows the province, and the column that leads there, where this one has none.
    """

    primary: tuple[str, ...]
    foreign: tuple[str, tuple[str, ...]] | None = None
    unique: tuple[str, ...] | None = None
    found_by: tuple[str, str] | None = ("records", "record_id")


VERSION = ("record_id", "version")
TABLES = {  # parents first
    "records": Keys(primary=("record_id",), found_by=None),
    "record_versions": Keys(primary=VERSION, foreign=("records", ("record_id",))),
    "evidence": Keys(primary=VERSION, foreign=("record_versions", VERSION)),
    "intents": Keys(primary=VERSION, foreign=("record_versions", VERSION), unique=("uvci",)),
    "jobs": Keys(primary=("job_id",), foreign=("intents", VERSION)),
    "confirmations": Keys(primary=VERSION),
    "passports": Keys(primary=("uvci",), foreign=("jobs", ("job_id",)), unique=VERSION),
    "late_signatures": Keys(
        primary=("job_id", "signature"), foreign=("jobs", ("job_id",)), found_by=("jobs", "job_id")
    ),
    "revoked_passports": Keys(
        primary=("uvci", "order_id"), foreign=("passports", ("uvci",)), found_by=("passports", "uvci")
    ),
    "claim_codes": Keys(primary=("record_id",), foreign=("records", ("record_id",))),
}


def upgrade() -> None:
    old = {name: _set_aside(name) for name in TABLES}
    for name, keys in TABLES.items():
        _make_anew(name, keys, old[name])
    for name in reversed(TABLES):
        op.drop_table(old[name].name)
    for name, table in old.items():
        _name_key(name)
        for index in table.indexes:
            op.create_index(index.name, name, [column.name for column in index.columns], unique=index.unique)
    op.create_table(
        "certificate_codes",
        sa.Column("uvci", sa.String(), primary_key=True),
        sa.Column("province", sa.String(), nullable=False),
        sa.Column("record_id", sa.String(), nullable=False),
    )
    op.execute("INSERT INTO certificate_codes SELECT uvci, province, record_id FROM intents")


def _set_aside(name: str) -> sa.Table:
    """The old table under another name, as it was. Its indexes go: their names are wanted."""
    table = sa.Table(name, sa.MetaData(), autoload_with=op.get_bind(), resolve_fks=False)
    for index in table.indexes:
        op.drop_index(str(index.name), name)
    op.rename_table(name, f"{name}_before")
    table.name = f"{name}_before"
    return table


def _name_key(name: str) -> None:
    """As PostgreSQL names it by itself; the old table had that name until now."""
    if op.get_bind().dialect.name == "postgresql":
        known = sa.inspect(op.get_bind()).get_pk_constraint(name)["name"]
        op.execute(f'ALTER TABLE "{name}" RENAME CONSTRAINT "{known}" TO "{name}_pkey"')


def _make_anew(name: str, keys: Keys, old: sa.Table) -> None:
    columns = [sa.Column(one.name, one.type, nullable=one.nullable) for one in old.columns]
    if "province" not in old.columns:
        columns.append(sa.Column("province", sa.String(), nullable=False))
    new = op.create_table(name, *columns, *_constraints(keys, old))
    given = [one for one in old.columns if one.name != "province"]
    op.execute(
        sa.insert(new).from_select(
            [*(one.name for one in given), "province"], sa.select(*given, _province(keys, old)).select_from(old)
        )
    )


def _constraints(keys: Keys, old: sa.Table) -> list[sa.Constraint]:
    made: list[sa.Constraint] = [sa.PrimaryKeyConstraint(*keys.primary, "province")]
    if keys.foreign is not None:
        table, columns = keys.foreign
        there = [f"{table}.{column}" for column in (*columns, "province")]
        made.append(sa.ForeignKeyConstraint([*columns, "province"], there))
    if keys.unique is not None:
        made.append(sa.UniqueConstraint(*keys.unique, "province"))
    for one in old.foreign_key_constraints:
        there = [element.target_fullname for element in one.elements]
        if there[0].split(".")[0].removesuffix("_before") not in TABLES:
            made.append(sa.ForeignKeyConstraint(one.column_keys, there))
    return made


def _province(keys: Keys, old: sa.Table) -> sa.ColumnElement[str]:
    if keys.found_by is None:
        return old.c.province
    table, column = keys.found_by
    known = sa.table(table, sa.column(column), sa.column("province"))
    return sa.select(known.c.province).where(known.c[column] == old.c[column]).scalar_subquery()
