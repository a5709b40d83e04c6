"""Tables for a spreadsheet."""

import csv
import io
from datetime import date

from sqlalchemy import update

from api.oversight.overview import read_overview
from api.store.schema import units
from api.store.transactions import writing
from api.web.oversight.tables import areas_csv
from tests.support.centre import World
from tests.support.revoking import set_up_tree


def test_a_name_is_no_formula(world: World) -> None:
    set_up_tree(world)
    with writing(world.engine) as connection:
        connection.execute(update(units).where(units.c.code == "TYT-1").values(name='=HYPERLINK("http://x")'))
        found = read_overview(connection, "SO-01", top="BYT", today=date(2022, 3, 1))
    answer = areas_csv(found)
    rows = list(csv.DictReader(io.StringIO(bytes(answer.body).decode("utf-8-sig"))))
    assert [row["unit"] for row in rows] == ["SO-01", "TYT-1", "TYT-2"]
    assert rows[1]["name"] == '\'=HYPERLINK("http://x")'
    assert answer.headers["content-disposition"] == 'attachment; filename="SO-01-2022-03-01.csv"'
