"""The manual: ordered by person, every command explained, with examples, and quick to open."""

import re
import shlex
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
ROOT = Path(__file__).parents[3]


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
    shown = CliRunner().invoke(app, [*name.split()[1:], "--help"])
    assert shown.exit_code == 0
    assert "Examples" in shown.stdout
    assert name in shown.stdout.partition("Examples")[2]


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_command_answers_machines(name: str) -> None:
    options = {option for parameter in ALL[name].params for option in parameter.opts}
    assert "--json" in options


@pytest.mark.parametrize("name", sorted(ALL))
def test_no_pin_is_an_argument(name: str) -> None:
    options = {option for parameter in ALL[name].params for option in parameter.opts}
    assert not {"--pin", "--so-pin", "--password"} & options


def parse(line: str) -> None:
    """Read a command line as the shell and vaxseal would, up to the point where the command would start."""
    words = shlex.split(line, comments=True)
    for sign in ("<", ">"):
        words = words[: words.index(sign)] if sign in words else words
    assert Path(words[0]).name == "vaxseal", line
    name, rest = "vaxseal", words[1:]
    while name not in ALL and rest and not rest[0].startswith("-"):
        name, rest = f"{name} {rest[0]}", rest[1:]
    if name in ALL:
        ALL[name].make_context(name, rest)  # raises what `vaxseal` would refuse
    else:
        assert rest == ["--help"], line


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_example_of_the_manual_works_when_pasted(name: str) -> None:
    examples = (ALL[name].help or "").partition("[bold]Examples[/bold]")[2]
    lines = [line.strip() for line in examples.splitlines() if line.strip()]
    assert lines
    for line in lines:
        assert line.startswith(name), line
        parse(line)


def documents() -> Iterator[Path]:
    yield from (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")))


def test_every_command_line_in_the_documents_works_when_pasted() -> None:
    found = 0
    for document in documents():
        for block in re.findall(r"^```sh\n(.*?)^```", document.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
            for line in block.replace("\\\n", " ").splitlines():
                if "vaxseal " in line and not line.startswith(("#", "uv ")):
                    parse(line)
                    found += 1
    assert found >= 3


def test_the_documents_name_only_commands_that_are_there() -> None:
    groups = {name.rsplit(" ", 1)[0] for name in ALL}
    for document in documents():
        for words in re.findall(r"`(vaxseal [a-z][^`]*)`", document.read_text(encoding="utf-8")):
            name = re.split(r" [^a-z ]", words)[0].strip()
            known = name in ALL or name in groups or any(name.startswith(f"{one} ") for one in ALL)
            assert known, f"{document.name}: {words}"


def test_the_documents_name_only_targets_of_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for document in documents():
        text = document.read_text(encoding="utf-8")
        named = set(re.findall(r"`(?:[A-Z]+=\S+ )*make ([a-z]+)", text)) | set(re.findall(r"^make (\w+)", text, re.M))
        assert named <= targets, f"{document.name}: {named - targets}"


def test_every_command_that_the_programs_speak_of_is_there() -> None:
    groups = {name.rpartition(" ")[0] for name in ALL}
    found = 0
    for room in ("api", "certificates", "hsm", "signer", "vaxseal", "deploy"):
        for file in (
            one for ending in ("py", "html", "md", "toml", "service") for one in (ROOT / room).rglob(f"*.{ending}")
        ):
            if "node_modules" in file.parts:
                continue
            for named in re.findall(r"\bvaxseal ([a-z]+(?: [a-z][a-z-]+)*)", file.read_text("utf-8")):
                words = named.split()
                if f"vaxseal {words[0]}" not in {*groups, *ALL}:
                    continue
                found += 1
                starts = {" ".join(("vaxseal", *words[:count])) for count in range(1, len(words) + 1)}
                assert starts & set(ALL) or f"vaxseal {named}" in groups, f"{file.relative_to(ROOT)}: vaxseal {named}"
    assert found > 30
