"""A ministry's desk of tokens and files, worked by the commands alone."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cbor2
from typer.testing import CliRunner, Result

from certificates.profiles import to_pem
from hsm.provisioning import random_pin
from tests.support.codes import claims, cose_bytes, hc1
from tests.support.softhsm import GoldenToken, GoldenTokens
from vaxseal.cli import app
from vaxseal.console import now

runner = CliRunner()


@dataclass(frozen=True)
class Token:
    serial: str
    pin: str


class Ministry:
    """A folder, and the tokens whose PINs somebody knows."""

    def __init__(self, folder: Path, tokens: GoldenTokens) -> None:
        self.folder = folder
        self.module = str(tokens.module)
        self.csca = self.write("csca.pem", tokens.csca.certificate_der)
        self.state = ("--state", str(folder / "state"))

    def write(self, name: str, der: bytes) -> str:
        path = self.folder / name
        path.write_text(to_pem(der))
        return str(path)

    def path(self, name: str) -> str:
        return str(self.folder / name)

    def run(self, *arguments: str, pins: tuple[str, ...] = ()) -> Result:
        more = ("--module", self.module, "--pin-stdin") if pins else ()
        return runner.invoke(app, [*arguments, *more, "--json"], input="".join(pin + "\n" for pin in pins))

    def done(self, *arguments: str, pins: tuple[str, ...] = ()) -> Any:
        result = self.run(*arguments, pins=pins)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def refused(self, *arguments: str, pins: tuple[str, ...] = ()) -> str:
        result = self.run(*arguments, pins=pins)
        assert result.exit_code == 2, result.output
        return str(json.loads(result.stdout)["error"])

    def found_root(self, name: str) -> Token:
        pin = random_pin()
        made = self.done(
            *("ca", "init", "-O", "Bộ Y tế", "-N", "List root", "--label", name, "--specimen"),
            *("--out", self.path(f"{name}.pem")),
            pins=(random_pin(), pin),
        )
        return Token(made["token"], pin)

    def list_signer(self, name: str, root: Token, kind: str = "ec") -> Token:
        pin = random_pin()
        serial = self.done("token", "init", "--label", name, "--key", kind, pins=(random_pin(), pin))["serial"]
        request, certificate = self.path(f"{name}.csr"), self.path(f"{name}.pem")
        self.done("token", "csr", "-O", "Bộ Y tế", "--out", request, "--token", serial, pins=(pin,))
        issue = ("ca", "issue", request, "--list-signer", "--specimen", "--out", certificate, "--token", root.serial)
        self.done(*issue, pins=(root.pin,))
        self.done("token", "import", certificate, "--token", serial, pins=(pin,))
        return Token(serial, pin)

    def sign(self, number: int, signer: Token, root: str, *, after: int | None = None) -> str:
        out = self.path(f"trust-{number}.cbor")
        follow = ("--after", self.path(f"trust-{after}.cbor")) if after else ()
        roots = [word for name in root.split() for word in ("--root", self.path(f"{name}.pem"))]
        arguments = ("lists", "sign", self.path("draft.json"), *roots, "--out", out, *follow, "--token", signer.serial)
        assert self.done(*arguments, pins=(signer.pin,))["version"] == number
        return out

    def check(self, text: str, trust: str, *roots: str) -> str | None:
        pins = [word for name in roots for word in ("--root", self.path(f"{name}.pem"))]
        result = self.run("check", text, "--trust", trust, *pins, *self.state)
        answer = json.loads(result.stdout)
        assert result.exit_code == (0 if answer["verdict"] == "valid" else 1)
        return answer["reason"] and f"{answer['reason']} {answer['detail'].partition(':')[0]}"


def passport(token: GoldenToken) -> str:
    """A code signed by a token's DSC, made now."""
    issued = int(now().timestamp())
    with token.open() as key:
        signing: Any = key  # all that `cose_bytes` asks of a key, a token's key has
        return hc1(cose_bytes(signing, cbor2.dumps(claims(iat=issued, exp=issued + 3600))))
