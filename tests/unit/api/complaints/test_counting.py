"""Complaints are counted where they are worked on, and breaches where the time ran out."""

from api.complaints.following import withdraw
from api.complaints.sweep import sweep_complaints
from api.store.counts import read_counts
from api.store.coverage import COMPLAINTS
from api.store.recount import find_differences
from tests.support.complaints import KIND, Tree


def counted(tree: Tree) -> dict[tuple[str, str], int]:
    with tree.world.engine.connect() as connection:
        assert find_differences(connection) == {}
        found = read_counts(connection)
    return {
        (key.unit, key.measure.removeprefix(COMPLAINTS)): number
        for key, number in found.items()
        if key.measure.startswith(COMPLAINTS)
    }


def test_open_late_and_withdrawn(tree: Tree) -> None:
    opened = tree.open()
    tree.open()
    assert counted(tree) == {("TYT-1", "open"): 2, ("TYT-1", "received"): 2}
    withdraw(tree.world.centre, opened.number, opened.secret)
    assert counted(tree) == {("TYT-1", "open"): 1, ("TYT-1", "received"): 2}
    tree.world.clock.forward(hours=48)
    sweep_complaints(tree.world.centre)
    assert counted(tree) == {
        ("SYT", "open"): 1,
        ("SYT", "late"): 1,
        ("TYT-1", "received"): 2,
        ("TYT-1", "breached"): 1,
    }


def test_conduct_is_not_counted_at_the_unit_that_it_is_about(tree: Tree) -> None:
    tree.open(KIND.CONDUCT)
    assert counted(tree) == {("SYT", "open"): 1, ("SYT", "received"): 1}
