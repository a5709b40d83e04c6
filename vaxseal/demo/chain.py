"""The demo's keys, a SoftHSM token for each: a CSCA, a specimen certificate for every unit, and who signs the lists."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from hsm.provisioning import random_pin
from hsm.softhsm import write_config
from vaxseal.demo.folder import DemoFolder
from vaxseal.demo.processes import Commands
from vaxseal.demo.province import STATIONS, Unit

ORGANISATION: Final = "SPECIMEN Bộ Y tế"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token of the demo: ``config`` is its own SoftHSM configuration (one folder a token), ``pin`` a random one."""

    label: str
    config: Path
    pin: str = field(repr=False)
    certificate: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """The tokens by the code of their unit, and the list signer's."""

    tokens: Mapping[str, Token]
    list_signer: Token


def build_chain(commands: Commands, folder: DemoFolder, issuers: Sequence[Unit]) -> Chain:
    """Make all tokens by `vaxseal ca` and `vaxseal token`; the CSCA and the DSCs of ``issuers`` go to ``trust/``.

    A unit that only confirms gets its certificate from another authority, as its token would come with one of a
    commercial CA: no checker that trusts the CSCA could ever take its signature for a passport's.
    """
    confirming = [unit for unit in STATIONS if unit not in issuers]

    def make_under(label: str, certificate: Path, units: Sequence[Unit]) -> dict[str, Token]:
        if not units:
            return {}
        authority = _found_authority(commands, folder, label, certificate)
        made = {}
        for unit in units:
            subject = ("--organisation", f"SPECIMEN {unit.name}", "--unit", unit.code)
            place = certificate.parent / f"{unit.code.lower()}.pem"
            made[unit.code] = _make_token(commands, folder, unit.code, unit.key, subject, authority, place)
        return made

    with ThreadPoolExecutor(2) as threads:  # two authorities have nothing to do with one another
        under_csca = threads.submit(make_under, "CSCA", folder.csca, issuers)
        list_signer = threads.submit(_make_list_signer, commands, folder)
        under_other = threads.submit(make_under, "UNIT-CA", folder.work / "unit-ca.pem", confirming)
        tokens = under_csca.result() | under_other.result()
        return Chain(tokens=tokens, list_signer=list_signer.result())


def _make_list_signer(commands: Commands, folder: DemoFolder) -> Token:
    root = _found_authority(commands, folder, "LIST-ROOT", folder.list_root)
    subject = ("--organisation", ORGANISATION)
    certificate = folder.work / "list-signer.pem"
    return _make_token(commands, folder, "LISTS", "EC", subject, root, certificate, ("--list-signer",))


def _found_authority(commands: Commands, folder: DemoFolder, label: str, certificate: Path) -> Token:
    token = _new_token(folder, label, certificate)
    commands.run(
        *("ca", "init", "--organisation", ORGANISATION, "--common-name", f"SPECIMEN {label}", "--label", label),
        *("--specimen", "--out", certificate, "--pin-stdin"),
        token=token.config,
        answer=f"{random_pin()}\n{token.pin}\n",
    )
    return token


def _make_token(
    commands: Commands,
    folder: DemoFolder,
    label: str,
    key: str,
    subject: Sequence[str],
    authority: Token,
    certificate: Path,
    kind: Sequence[str] = (),
) -> Token:
    token = _new_token(folder, label, certificate)
    request = folder.work / f"{label.lower()}.csr.pem"
    pin = f"{token.pin}\n"
    commands.run(
        *("token", "init", "--label", token.label, "--key", key.lower(), "--pin-stdin"),
        token=token.config,
        answer=f"{random_pin()}\n{token.pin}\n",
    )
    commands.run(
        "token",
        "csr",
        *subject,
        "--label",
        token.label,
        "--out",
        request,
        "--pin-stdin",
        token=token.config,
        answer=pin,
    )
    commands.run(
        *("ca", "issue", request, "--out", token.certificate, "--label", authority.label, "--specimen", "--pin-stdin"),
        *kind,
        token=authority.config,
        answer=f"{authority.pin}\n",
    )
    commands.run(
        "token", "import", token.certificate, "--label", token.label, "--pin-stdin", token=token.config, answer=pin
    )
    return token


def _new_token(folder: DemoFolder, label: str, certificate: Path) -> Token:
    config = write_config(folder.work / "tokens" / label.lower())
    return Token(label=label, config=config, pin=random_pin(), certificate=certificate)
