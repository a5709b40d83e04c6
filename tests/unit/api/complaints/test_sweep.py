"""What happens by time alone, once, however many processes look."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from api.complaints import following, working
from api.complaints.deciding import refuse
from api.complaints.following import follow
from api.complaints.photo_keeping import KEPT_FOR
from api.complaints.photos import clean_photo
from api.complaints.reading import list_complaints
from api.complaints.refusals import Refusal
from api.complaints.sweep import sweep_complaints
from api.store.schema import units
from api.store.schema_complaints import complaint_events, complaint_photos
from api.store.transactions import writing
from tests.support.complaints import KIND, Tree
from tests.support.photos import photo
from tests.support.together import together

pytestmark = pytest.mark.both_databases


def test_warnings_breach_and_the_way_up(tree: Tree) -> None:
    centre, clock = tree.world.centre, tree.world.clock
    opened = tree.open()
    for hours, done in ((24, {"warned": 1}), (20, {"warned": 1}), (4, {"breached": 1, "escalated": 1})):
        clock.forward(hours=hours, seconds=-1)
        assert sweep_complaints(centre) == {}
        clock.forward(seconds=1)
        assert sweep_complaints(centre) == done
        assert sweep_complaints(centre) == {}
    assert tree.acts(opened.number) == [
        ("received", "TYT-1", None),
        ("warned", "TYT-1", "24"),
        ("warned", "TYT-1", "44"),
        ("breached", "TYT-1", None),
        ("escalated", "SYT", None),
    ]
    seen = follow(centre, opened.number, opened.secret)
    assert (seen.unit, seen.overdue, seen.spent) == ("SYT", False, timedelta(hours=48))
    (listed,) = list_complaints(centre, staff=tree.staff("SYT"))
    assert (listed.overdue, listed.marks) == (True, 3)
    assert list_complaints(centre, staff=tree.staff("TYT-1")) == ()
    clock.forward(hours=24)
    assert sweep_complaints(centre) == {"escalated": 1}
    assert follow(centre, opened.number, opened.secret).unit == "BYT"
    clock.forward(hours=24)
    assert sweep_complaints(centre) == {"at-the-top": 1}
    clock.forward(days=100)
    assert sweep_complaints(centre) == {}
    assert follow(centre, opened.number, opened.secret).overdue


def test_after_a_long_silence_everything_is_made_up_for(tree: Tree) -> None:
    """A service that was down for a week."""
    opened = tree.open()
    tree.world.clock.forward(days=7)
    done = sweep_complaints(tree.world.centre)
    assert done == {"warned": 2, "breached": 1, "escalated": 2, "at-the-top": 1}
    assert tree.row(opened.number).unit == "BYT"


def test_conduct_never_climbs_into_the_unit_that_it_is_about(tree: Tree) -> None:
    """SYT is merged into TYT-1: its work is TYT-1's now, but for this."""
    opened = tree.open(KIND.CONDUCT)
    assert opened.unit == "SYT"
    with writing(tree.world.engine) as connection:
        connection.execute(update(units).where(units.c.code == "TYT-1").values(parent="BYT"))
        connection.execute(
            update(units).where(units.c.code == "SYT").values(successor="TYT-1", closed_on="2022-03-01", parent=None)
        )
    assert list_complaints(tree.world.centre, staff=tree.staff("TYT-1")) == ()
    assert len(list_complaints(tree.world.centre, staff=tree.staff("BYT"))) == 1
    tree.world.clock.forward(hours=48)
    sweep_complaints(tree.world.centre)
    assert tree.row(opened.number).unit == "BYT"


def test_many_sweep_at_once_and_each_thing_happens_once(tree: Tree) -> None:
    count = 12
    for _ in range(count):
        tree.open()
    tree.world.clock.forward(hours=48)
    with ThreadPoolExecutor(4) as pool:
        together(pool, *[lambda: sweep_complaints(tree.world.centre)] * 4)
    sweep_complaints(tree.world.centre)
    query = select(complaint_events.c.act, func.count().label("times")).group_by(complaint_events.c.act)
    with tree.world.engine.connect() as connection:
        counts = {row.act: row.times for row in connection.execute(query)}
    assert counts == {"received": count, "warned": 2 * count, "breached": count, "escalated": count}


def test_photos_go_when_they_have_had_their_time(tree: Tree) -> None:
    centre, clock = tree.world.centre, tree.world.clock
    opened = tree.open(photo=clean_photo(photo()))
    other = tree.open(photo=clean_photo(photo()))
    working.ask(centre, other.number, "?", staff=tree.staff("TYT-1"))
    refuse(centre, opened.number, Refusal.BLURRED, staff=tree.staff("TYT-1"))
    following.appeal(centre, opened.number, opened.secret, "Rõ mà")
    assert _ends(tree) == {None}  # it is open again
    refuse(centre, opened.number, Refusal.BLURRED, staff=tree.staff("SYT", "minh"))
    clock.forward(days=KEPT_FOR.days, seconds=1)
    done = sweep_complaints(centre)
    assert done["photos-deleted"] == 1
    assert _ends(tree) == {None}  # the other one is open still
    assert tree.acts(opened.number)[-1][0] == "photos-deleted"
    assert "photos-deleted" not in sweep_complaints(centre)


def _ends(tree: Tree) -> set[str | None]:
    with tree.world.engine.connect() as connection:
        return set(connection.execute(select(complaint_photos.c.delete_after)).scalars())
