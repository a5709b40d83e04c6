"""Runs the play, tells what became of everybody, and writes the summary."""

import signal
import sys
import time
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from api.server import open_centre
from hsm.errors import TokenError
from vaxseal.console import out as console
from vaxseal.demo.errors import DemoError
from vaxseal.demo.folder import DemoFolder, make_folder
from vaxseal.demo.guests import invite, stay_up
from vaxseal.demo.outcome import write_summary
from vaxseal.demo.play import Mode, Play, Played
from vaxseal.demo.province import DEFAULT_PEOPLE, DEFAULT_SEED
from vaxseal.demo.screen import Screen


def play_and_show(
    *, mode: Mode, out: Path, people: int | None, seed: int | None, serve: bool, silent: bool
) -> dict[str, Any]:
    """Play, print, write ``summary.json`` and give it back. Raises DemoError."""
    people = DEFAULT_PEOPLE if people is None else people
    seed = DEFAULT_SEED if seed is None else seed
    folder = make_folder(out)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the service is ended too
    screen = Screen(silent=silent)
    begun = time.perf_counter()
    try:
        play = Play(folder, mode=mode, people=people, seed=seed, screen=screen)
    except TokenError as error:
        raise DemoError("softhsm-missing", f"{error}. `make setup` fetches SoftHSM.") from error
    with play.run() as played:
        screen.seconds["total"] = round(time.perf_counter() - begun, 2)
        if serve:
            _finish(folder, mode, seed, played, screen, play, shown=out, silent=silent)
            centre = open_centre(folder.work / "service")
            stay_up(centre, played.url, invite(centre), played.holder)
            centre.engine.dispose()
    # Once more: how much memory the service took is known when it has ended.
    return _finish(folder, mode, seed, played, screen, play, shown=out, silent=silent or serve)


def _finish(
    folder: DemoFolder, mode: Mode, seed: int, played: Played, screen: Screen, play: Play, *, shown: Path, silent: bool
) -> dict[str, Any]:
    outcome = played.outcome
    summary = {
        "mode": mode,
        "seed": seed,
        "people": len(played.province.cases),
        "registered": played.province.registered,
        "passports": outcome.issued,
        "checked_valid": played.checked,
        "revoked": played.revoked,
        "records": outcome.states,
        "rows": outcome.rows,
        "refused_rows": outcome.refused_rows,
        "refused_files": {played.province.damaged.name: played.damaged_reason},
        "kinds": {
            kind.code: {
                "what": kind.words,
                "people": kind.people,
                "became": kind.became,
                "as_meant": kind.as_meant,
            }
            for kind in outcome.kinds
        },
        "seconds": screen.seconds,
        "signing": played.signing,
        "certificates_per_second": played.rates,
        "peak_memory_mb": {name: round(size / 2**20) for name, size in sorted(play.commands.peak_memory.items())},
    }
    write_summary(folder.summary, summary)
    if not silent:
        _print_kinds(played)
        _print_places(played, mode, shown, screen)
    return summary


def _print_kinds(played: Played) -> None:
    table = Table(title="What became of every class of record", title_justify="left", title_style="bold")
    table.add_column("people", justify="right")
    table.add_column("class", overflow="fold")
    table.add_column("became", overflow="fold")
    for kind in played.outcome.kinds:
        became = "\n".join(f"{count} {words}" for words, count in kind.became.items())
        table.add_row(str(kind.people), Text(kind.words), Text(became, style="" if kind.as_meant else "bold red"))
    console.print()
    console.print(table)


def _print_places(played: Played, mode: Mode, out: Path, screen: Screen) -> None:
    outcome, rows = played.outcome, played.outcome.rows
    signed_by = "each station's token" if mode == "station" else "the ministry's token, after a station's confirmation"
    console.print(
        f"\n{sum(rows.values())} rows: {rows.get('accepted', 0)} accepted, {rows.get('duplicate', 0)} duplicate, "
        f"{rows.get('refused', 0)} refused with a reason; one file cut short: refused ({played.damaged_reason})."
    )
    console.print(f"[bold]{outcome.issued} passports issued[/bold], signed by {signed_by}.")
    checked = ", ".join(f"{count} {name}" for name, count in played.checked.items())
    console.print(f"Checked offline and valid: {checked}. {screen.seconds['total']:.0f} seconds in all.\n")
    console.print(f"Then revoked, and refused by a checker with the next lists: {played.revoked}.", markup=False)
    example = next(iter(sorted(path.stem for path in (out / "passports").glob("*.png"))), "CODE")
    for path, words in (
        (f"{out}/passports/", "the QR passports, as pictures and as texts"),
        (f"{out}/certificates/", "the signed PDF certificates"),
        (f"{out}/lists/", "what a checker decides by: signers, revocations, rules, signed"),
        (f"{out}/trust/", "the CSCA, the signers under it, and the root of the lists (all SPECIMEN)"),
        (f"{out}/station-files/", "what the stations handed in, and the register"),
        (f"{out}/summary.json", "all counts, and the seconds of each stage"),
    ):
        console.print(f"  {path:<28} {words}", markup=False)
    lists = f"--bundle {out}/lists --root {out}/trust/list-root.pem"
    console.print(f"\nTry: .venv/bin/vaxseal check {out}/passports/{example}.png {lists}", markup=False)
