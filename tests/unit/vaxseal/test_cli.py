"""The manual: ordered by person, every command explained, with examples, and quick to open."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

from vaxseal.cli import ORDER, app

PANELS = (
    "Everybody",
    "Signers and clerks of a health station",
    "The national signing officer",
    "Checkers",
    "Operators",
    "Auditors",
)


def commands() -> Iterator[tuple[str, Any]]:
    """Every command that does something, by its full name."""
    waiting: list[tuple[str, Any]] = [("vaxseal", typer.main.get_command(app))]
    while waiting:
        name, command = waiting.pop()
        below = getattr(command, "commands", None)
        if below is None:
            yield name, command
        else:
            waiting += [(f"{name} {word}", child) for word, child in below.items()]


ALL = dict(commands())


def test_the_manual_is_ordered_by_person() -> None:
    shown = CliRunner().invoke(app, ["--help"], terminal_width=100).stdout
    places = [shown.index(panel) for panel in PANELS]
    assert places == sorted(places)
    assert "Exit codes" in shown


def test_the_order_names_every_command() -> None:
    top: Any = typer.main.get_command(app)
    assert set(top.commands) == set(ORDER)


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_command_is_explained_with_examples(name: str) -> None:
    text = ALL[name].help or ""
    assert re.search(r"Examples", text), f"{name} has no examples"
    assert name in text, f"the examples of {name} do not show it"


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_command_answers_machines(name: str) -> None:
    options = {option for parameter in ALL[name].params for option in parameter.opts}
    assert "--json" in options


@pytest.mark.parametrize("name", sorted(ALL))
def test_no_pin_is_an_argument(name: str) -> None:
    options = {option for parameter in ALL[name].params for option in parameter.opts}
    assert not {"--pin", "--so-pin", "--password"} & options


def test_the_readme_names_only_commands_that_are_there() -> None:
    readme = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    groups = {name.removeprefix("vaxseal ") for name in ALL} | set(ORDER)
    for words in re.findall(r"vaxseal ((?:[a-z]+ ?)+)", readme):
        tokens = words.split()
        if tokens and tokens[0] in ORDER:
            assert tokens[0] in groups or " ".join(tokens[:2]) in groups
