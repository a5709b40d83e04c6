"""A day in a simulated province: real PostgreSQL, service, agents and SoftHSM tokens; invented people.

Files come in, the register is asked, clerks and police mend, citizens complain, stations confirm, the ministry signs,
the gate releases. In the evening everything must add up, or the program ends with an error.

  python -m bench.province --communes 200 --people-each 10 --seed 1
"""

import argparse
import json
import os
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from time import monotonic
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.province.complaining import breach, complain
from bench.province.day import Day
from bench.province.mending import decide_duplicates, match, take_in, work_of_clerks, work_of_police
from bench.province.setting import make_day, write_files
from bench.province.signing import reconcile_doses, sign
from bench.province.totals import check_totals


def play(folder: Path, *, communes: int, people_each: int, seed: int, workers: int, issue: int) -> Day:
    """The whole day, in its order."""
    begun = monotonic()
    day = make_day(folder, communes=communes, people_each=people_each, seed=seed)
    files, late, damaged = write_files(day)
    day.figures["preparation_seconds"] = round(monotonic() - begun, 1)
    take_in(day, "files of the stations", files, hour=0, damaged=damaged)
    match(day, "the register is asked", hour=0.2)
    complain(day)
    decide_duplicates(day)
    work_of_clerks(day)
    breach(day)
    work_of_police(day)
    take_in(day, "forgotten doses come in", late, hour=50.5)
    match(day, "the register is asked again", hour=51)
    sign(day, workers=workers, issue=issue)
    reconcile_doses(day)
    day.figures["day_seconds"] = round(monotonic() - begun, 1)
    day.figures["totals"] = check_totals(day)
    return day


def show(day: Day) -> None:
    table = Table(title="a day in a simulated province", title_justify="left")
    for column in ("hour", "stage", "in", "out", "seconds", "why not"):
        table.add_column(column, justify="left" if column in ("stage", "why not") else "right", overflow="fold")
    for stage in day.stages:
        why = ", ".join(f"{count} {reason}" for reason, count in stage.why.most_common() if count)
        table.add_row(
            f"{stage.hour:.1f}", stage.name, f"{stage.came:,}", f"{stage.went:,}", f"{stage.seconds:,.1f}", why
        )
    console = Console(width=150)
    console.print(table)
    for name, value in day.figures.items():
        console.print(f"{name}: {value}", markup=False, highlight=False)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.province", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--communes", type=int, default=200, metavar="N", help="each with a station and police")
    parser.add_argument("--people-each", type=int, default=10, metavar="N", help="people of a commune")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="the same seed, the same people and faults")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, metavar="N", help="of the service")
    parser.add_argument(
        "--issue", type=int, default=1_000_000, metavar="N", help="passports the ministry signs at most"
    )
    parser.add_argument("--json", action="store_true", help="figures instead of the table")
    options = parser.parse_args()
    if options.communes < 3:
        parser.error("a province here has at least 3 communes")
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="vaxseal-province-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        day = play(
            folder,
            communes=options.communes,
            people_each=options.people_each,
            seed=options.seed,
            workers=options.workers,
            issue=options.issue,
        )
        day.engine.dispose()
    if options.json:
        answer: dict[str, Any] = {"stages": [stage.to_dict() for stage in day.stages], **day.figures}
        print(json.dumps({"options": vars(options), **answer}, ensure_ascii=False))
        return 0
    show(day)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
