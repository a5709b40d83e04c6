"""`vaxseal demo`: the main job, end to end, on real parts."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from vaxseal.console import emit_json, stop


class DemoMode(StrEnum):
    TWO_TIER = "two-tier"
    STATION = "station"


def demo(
    mode: Annotated[DemoMode, typer.Option("--mode", help="Who signs passports: the ministry, or each station.")] = (
        DemoMode.TWO_TIER
    ),
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where everything is written.")] = Path("var/demo"),
    people: Annotated[
        int | None, typer.Option("--people", min=100, max=100_000, metavar="N", help="How many people live here [600].")
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", metavar="N", help="Another seed, other people.")] = None,
    serve: Annotated[bool, typer.Option("--serve", help="Leave the service up afterwards, until Ctrl-C.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Answer with the summary as JSON.")] = False,
) -> None:
    """Play a small province: dirty vaccination records in, signed passports out.

    Invents people with all the faults that real records have, and lets the real programs work on them: software tokens,
    a CSCA, two stations and the ministry, the service, the agents, citizens who fetch their passports, a checker. It
    prints what became of every class of record. A new run replaces what an earlier one made.

    [bold]Examples[/bold]

      vaxseal demo

      vaxseal demo --mode station --out var/demo-station

      vaxseal demo --people 2000 --seed 7 --serve
    """
    from vaxseal.demo.errors import DemoError
    from vaxseal.demo.show import play_and_show

    try:
        summary = play_and_show(mode=mode.value, out=out, people=people, seed=seed, serve=serve, silent=json)
    except DemoError as error:
        stop(error.code, error.sentence, json=json)
    if json:
        emit_json(summary)
