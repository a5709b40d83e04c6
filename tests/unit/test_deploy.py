"""The files of deploy/: the commands they name are there, the settings are known, the units say what they should."""

import configparser
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from api.config import Settings, check_exposure, load_settings
from tests.unit.vaxseal.test_cli import parse

DEPLOY = Path(__file__).parents[2] / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
TIMERS = sorted((DEPLOY / "systemd").glob("*.timer"))
HARDENED = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "RestrictNamespaces": "yes",
    "LockPersonality": "yes",
    "CapabilityBoundingSet": "",
    "UMask": "0077",
}


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.startswith("VAXSEAL_"):
            monkeypatch.delenv(name)


def read_unit(path: Path) -> configparser.ConfigParser:
    unit = configparser.ConfigParser(strict=False, interpolation=None, comment_prefixes=("#",), delimiters=("=",))
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(path.read_text(encoding="utf-8"))
    return unit


def vaxseal_in(line: str) -> str:
    """The command of ours in a line that a shell may stand around."""
    words = shlex.split(line)
    inner = words[2] if words[:2] == ["/bin/sh", "-c"] else line
    inner = inner.removeprefix("exec ").replace("$(date +%%F-%%H%%M)", "today")
    return re.sub(r'< ".*"$', "< file", inner)


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_every_unit_starts_a_command_that_is_there_and_is_hardened(path: Path) -> None:
    service = read_unit(path)["Service"]
    parse(vaxseal_in(service["ExecStart"]))
    assert {name: service.get(name) for name in HARDENED} == HARDENED
    assert service["User"] in ("vaxseal", "vaxseal-ministry")
    assert ("--pin-stdin" in service["ExecStart"]) == ("vaxseal-ministry" in service["User"])


@pytest.mark.parametrize("path", TIMERS, ids=lambda path: path.stem)
def test_every_timer_has_its_unit(path: Path) -> None:
    assert path.with_suffix(".service") in UNITS
    assert read_unit(path)["Timer"]["OnCalendar"]


def test_systemd_takes_them(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("no systemd here")
    binary = tmp_path / "vaxseal"
    binary.write_text("#!/bin/sh\n")
    binary.chmod(0o755)
    for path in (*UNITS, *TIMERS):
        text = path.read_text(encoding="utf-8").replace("/opt/vaxseal/bin/vaxseal", str(binary))
        (tmp_path / path.name).write_text(text)
    done = subprocess.run(
        [program, "verify", "--man=no", *(str(tmp_path / path.name) for path in (*UNITS, *TIMERS))],
        capture_output=True,
        text=True,
    )
    assert [line for line in done.stderr.splitlines() if str(tmp_path) in line or "vaxseal" in line] == []


def test_the_settings_are_known_and_sound() -> None:
    settings = load_settings(config=DEPLOY / "vaxseal.toml")
    check_exposure(settings)
    assert settings.environment == "production"
    assert settings.workers > 1


def test_the_compose_file_names_commands_and_secrets_that_are_there() -> None:
    said: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    used = {secret for service in said["services"].values() for secret in service.get("secrets", ())}
    assert used == set(said["secrets"])
    for name in ("init", "service"):
        parse(shlex.join(["vaxseal", *said["services"][name]["command"]]))
    (ministry,) = said["services"]["ministry"]["command"]
    parse(ministry.removeprefix("exec "))
    assert "--locale=C" in said["services"]["database"]["environment"]["POSTGRES_INITDB_ARGS"]
    for name in ("service", "ministry"):
        assert said["services"][name]["cap_drop"] == ["ALL"]


def test_the_page_explains_every_file_and_its_settings_are_known() -> None:
    page = (DEPLOY / "README.md").read_text(encoding="utf-8")
    for path in (*UNITS, *TIMERS, *DEPLOY.glob("*[!d]")):
        if path.is_file():
            assert path.name in page, path.name
    commands = re.findall(
        r"(vaxseal (?:admin|serve)[^\n`]*)", "".join(re.findall(r"^```sh\n(.*?)^```", page, re.M | re.S))
    )
    assert len(commands) >= 3
    for line in commands:
        parse(line)
    for block in re.findall(r"^```toml\n(.*?)^```", page, re.MULTILINE | re.DOTALL):
        names = re.findall(r"^(\w+) =", block, re.MULTILINE)
        assert names
        assert set(names) <= set(Settings.model_fields)
