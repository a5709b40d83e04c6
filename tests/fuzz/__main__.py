"""`make fuzz`: mutants of everything that comes from outside, and an account of what became of them.

    make fuzz                                     about a million mutants
    make fuzz ARGS="--count 20000 --seed 7"       fewer, others
    make fuzz ARGS="--seconds 600 --only text"    for ten minutes at most, of one family

It ends with 1 where anything crashed, was accepted wrongly, was slow, or where memory grew.
"""

import argparse
import secrets
from pathlib import Path

from tests.fuzz.all import FAMILIES, public_codes
from tests.fuzz.engine import LIMIT, READ_ONCE, Report, fuzz

FINDS = Path(".cache/fuzz-finds.txt")
_WIDTH = 200  # characters of a find on the screen
GROWTH = 32 * 1024 * 1024  # bytes that caches and the allocator may still take


def main() -> int:
    parser = argparse.ArgumentParser(prog="make fuzz")
    parser.add_argument("--count", type=int, default=1_000_000, help="mutants in all (default: a million)")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after this long")
    parser.add_argument("--seed", type=int, help="where mutants come from (default: another one each time)")
    parser.add_argument("--only", metavar="NAME", help="families whose name holds this")
    given = parser.parse_args()
    families = [family for family in FAMILIES if given.only is None or given.only in family.name]
    if not families:
        parser.error(f"--only: no family holds {given.only}; there are: {', '.join(one.name for one in FAMILIES)}")
    seed = secrets.randbits(32) if given.seed is None else given.seed
    public = public_codes()
    print(f"seed {seed}; codes of the public sets: {public or 'left out, for VAXSEAL_FIXTURES is not set'}", flush=True)
    report = fuzz(families, count=given.count, seed=seed, seconds=given.seconds)
    show(report)
    return 1 if report.finds() or report.grown > GROWTH else 0


def show(report: Report) -> None:
    """The account, a line a family, then every find."""
    print(f"{'family':<28}{'mutants':>9}{'accepted':>10}{'crashes':>9}{'false':>7}{'slow':>6}{'slowest ms':>12}")
    for name, tally in report.tallies.items():
        finds = f"{len(tally.crashes):>9}{len(tally.false_accepts):>7}{len(tally.slow):>6}"
        print(f"{name:<28}{tally.count:>9}{tally.accepted:>10}{finds}{tally.slowest * 1000:>12.1f}")
    print(
        f"{report.count} mutants in {report.seconds:.0f} s; {len(report.finds())} finds (slow: an answer above"
        f" {LIMIT * 1000:.0f} ms, a list, rule or import above {READ_ONCE * 1000:.0f} ms); memory"
        f" {report.memory_before >> 20} MB after warming up, {report.memory_after >> 20} MB at the end"
    )
    for find in report.finds():
        print(find[:_WIDTH])
    if report.finds():
        FINDS.parent.mkdir(exist_ok=True)
        FINDS.write_text("\n".join(report.finds()) + "\n", "utf-8", "backslashreplace")
        print(f"whole in {FINDS}")


if __name__ == "__main__":
    raise SystemExit(main())
