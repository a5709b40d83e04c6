"""The files of deploy/: the commands they name are there, the settings are known, the units say what they should."""

import configparser
import re
import shlex
import shutil
import socket
import subprocess
import sys
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
    inner = re.sub(r'\$\$\{\w+:\+(--token) "\$\$\w+"\}', r"\1 5d41", inner)
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


def compose() -> dict[str, Any]:
    said: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    return said


def page() -> str:
    return (DEPLOY / "README.md").read_text(encoding="utf-8")


def test_the_compose_file_names_commands_and_secrets_that_are_there() -> None:
    said = compose()
    used = {secret for service in said["services"].values() for secret in service.get("secrets", ())}
    assert used == set(said["secrets"])
    for name in ("init", "service"):
        parse(shlex.join(["vaxseal", *said["services"][name]["command"]]))
    (ministry,) = said["services"]["ministry"]["command"]
    parse(ministry.removeprefix("exec "))
    assert "--locale=C" in said["services"]["database"]["environment"]["POSTGRES_INITDB_ARGS"]
    for name in ("init", "service", "ministry"):
        service = said["services"][name]
        assert (service["image"], service["cap_drop"], service["read_only"]) == ("vaxseal", ["ALL"], True)
    for service in said["services"].values():
        assert "no-new-privileges:true" in service["security_opt"]


def test_every_file_of_the_secrets_is_explained_and_stays_out_of_commits_and_the_image() -> None:
    said = compose()
    files = [secret["file"] for secret in said["secrets"].values()]
    files += [service["env_file"] for service in said["services"].values() if "env_file" in service]
    for file in files:
        assert file.startswith("./secrets/")
        assert f"`{Path(file).name}`" in page(), file
    for name in (".gitignore", ".dockerignore"):
        assert "deploy/secrets" in (DEPLOY.parent / name).read_text(encoding="utf-8").replace("secrets/", "secrets")


def test_paths_in_the_settings_for_containers_are_mounted_there() -> None:
    said = compose()
    mounts = {volume.split(":")[1] for volume in said["services"]["service"]["volumes"]}
    mounts |= {f"/run/secrets/{secret}" for secret in said["services"]["service"]["secrets"]}
    (block,) = re.findall(r"^```toml\n(.*?)^```", page(), re.MULTILINE | re.DOTALL)
    paths = re.findall(r'^\w+ = "(/[^"]*)"', block, re.MULTILINE)
    assert len(paths) >= 5
    for path in paths:
        assert any(path == one or path.startswith(f"{one}/") for one in mounts), path


def test_the_database_is_ready_only_when_it_answers_over_tcp() -> None:
    """The image's first server, which is stopped again, answers on its socket alone."""
    assert "--host=127.0.0.1" in compose()["services"]["database"]["healthcheck"]["test"]


def test_the_health_check_of_the_service_runs_and_says_no_where_nobody_answers() -> None:
    *_, option, program = compose()["services"]["service"]["healthcheck"]["test"]
    assert option == "-c"
    with socket.socket() as nobody:  # bound, and not listened on
        nobody.bind(("127.0.0.1", 0))
        away = program.replace("8443", str(nobody.getsockname()[1]))
        done = subprocess.run([sys.executable, "-c", away], capture_output=True, text=True, check=False)
    assert (done.returncode, "ConnectionRefusedError" in done.stderr) == (1, True)


def test_the_image_has_client_programs_that_can_back_up_its_database() -> None:
    """pg_dump refuses a server that is newer than itself; the number is that of the Debian release."""
    dockerfile = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    release = re.findall(r"^FROM python:[\d.]+-slim-(\w+)$", dockerfile, re.MULTILINE)[-1]
    server = int(compose()["services"]["database"]["image"].partition(":")[2])
    assert {"bookworm": 15, "trixie": 17}[release] >= server


def test_the_script_that_installs_is_a_shells_and_used_by_both_ways() -> None:
    script = DEPLOY / "install.sh"
    subprocess.run(["sh", "-n", str(script)], check=True)
    assert subprocess.run(["sh", str(script)], capture_output=True, check=False).returncode == 2
    for place in ("Dockerfile", "README.md"):
        assert "sh deploy/install.sh /opt/vaxseal" in (DEPLOY / place).read_text(encoding="utf-8")


def test_files_that_the_units_read_are_made_by_the_page() -> None:
    made = "".join(re.findall(r"^```sh\n(.*?)^```", page(), re.M | re.S))
    for path in UNITS:
        service = read_unit(path)["Service"]
        for name in ("EnvironmentFile", "LoadCredential"):
            if name in service:
                file = Path(service[name].partition(":")[2] or service[name])
                assert str(file) in made, file
        assert f" {service['User']}\n" in made  # the account is made
        for read in re.findall(r"(?<= )/etc/\S+", service["ExecStart"]):
            assert Path(read).name in made, read
        assert ("$CENTRE" in service["ExecStart"]) == ("EnvironmentFile" in service)
    assert re.search(r"^CENTRE=https://", (DEPLOY / "ministry.env").read_text(encoding="utf-8"), re.MULTILINE)


def test_the_page_explains_every_file_and_its_settings_are_known() -> None:
    for path in (*UNITS, *TIMERS, *DEPLOY.glob("*[!d]")):
        if path.is_file():
            assert path.name in page(), path.name
    shell = "".join(re.findall(r"^```sh\n(.*?)^```", page(), re.M | re.S))
    commands = re.findall(r"\b(?:vaxseal|service|init) ((?:admin|serve|records|lists|ministry) [^\n`]*)", shell)
    assert len(commands) >= 20
    for line in commands:
        whole = line.removesuffix('"') if line.count('"') % 2 else line  # one that a shell gets in quotation marks
        parse(f"vaxseal {whole}".replace("$(date +%F)", "today"))
    for block in re.findall(r"^```toml\n(.*?)^```", page(), re.MULTILINE | re.DOTALL):
        names = re.findall(r"^(\w+) =", block, re.MULTILINE)
        assert names
        assert set(names) <= set(Settings.model_fields)
