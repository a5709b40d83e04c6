"""Several at one complaint at the same time: one of them, and nobody half."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from api.audit import verify_log
from api.complaints import following, working
from api.complaints.deciding import confirm, refuse
from api.complaints.refusals import Refusal
from api.complaints.sweep import sweep_complaints
from api.errors import CentreError
from tests.support.complaints import Tree
from tests.support.together import together

pytestmark = pytest.mark.both_databases


def outcomes(*acts: Callable[[], Any]) -> list[str]:
    def run(act: Callable[[], Any]) -> str:
        try:
            act()
        except CentreError as error:
            return error.code
        return "done"

    with ThreadPoolExecutor(len(acts)) as pool:
        return sorted(together(pool, *[lambda act=act: run(act) for act in acts]))


def test_one_decision_however_many_decide(tree: Tree) -> None:
    centre = tree.world.centre
    (record_id,) = tree.world.add_records(1)
    tree.slip(record_id)
    opened = tree.open_on_record()
    staff = [tree.staff("TYT-1", f"lan{number}") for number in range(3)]
    changes = {"dose.2.lot": "ABX9999"}
    found = outcomes(
        lambda: confirm(centre, opened.number, staff=staff[0], note="Đúng", changes=changes),
        lambda: confirm(centre, opened.number, staff=staff[1], note="Đúng", changes=changes),
        lambda: refuse(centre, opened.number, Refusal.BLURRED, staff=staff[2]),
        lambda: following.withdraw(centre, opened.number, opened.secret),
    )
    assert found == ["complaint-decided"] * 3 + ["done"]
    decided = [act for act, _, _ in tree.acts(opened.number) if act in ("confirmed", "refused", "withdrawn")]
    assert len(decided) == 1
    assert tree.world.state(record_id) == ("ready", None)
    verify_log(tree.world.engine)


def test_an_answer_and_the_end_of_waiting_meet(tree: Tree) -> None:
    centre, opened = tree.world.centre, tree.open()
    working.ask(centre, opened.number, "?", staff=tree.staff("TYT-1"))
    tree.world.clock.forward(hours=72)
    found = outcomes(
        lambda: following.answer(centre, opened.number, opened.secret, "!"),
        lambda: sweep_complaints(centre),
        lambda: sweep_complaints(centre),
    )
    assert found in (["done"] * 3, ["complaint-no-question", "done", "done"])
    row = tree.row(opened.number)
    assert (row.state, row.paused_seconds, row.paused_at) == ("open", 72 * 3600, None)
    assert len([act for act, _, _ in tree.acts(opened.number) if act in ("answered", "pause-ended")]) == 1
