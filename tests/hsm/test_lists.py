"""Trust lists by the commands alone, on real tokens: root, list signers, build, sign, check, rotation, rollback."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cbor2
import pytest
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


@pytest.fixture
def ministry(golden_tokens: GoldenTokens, tmp_path: Path) -> Ministry:
    return Ministry(tmp_path, golden_tokens)


def passport(token: GoldenToken) -> str:
    """A code signed by a token's DSC, made now."""
    issued = int(now().timestamp())
    with token.open() as key:
        signing: Any = key  # all that `cose_bytes` asks of a key, a token's key has
        return hc1(cose_bytes(signing, cbor2.dumps(claims(iat=issued, exp=issued + 3600))))


def test_from_blank_tokens_to_a_verdict_with_rotation_and_rollback(
    golden_tokens: GoldenTokens, ministry: Ministry
) -> None:
    dsc = ministry.write("dsc.pem", golden_tokens.ec.certificate_der)
    text = passport(golden_tokens.ec)
    root = ministry.found_root("root")
    signer = ministry.list_signer("lists", root)
    draft = ministry.path("draft.json")
    assert ministry.done("lists", "build", dsc, "--csca", ministry.csca, "--out", draft)["entries"] == 1
    first = ministry.sign(1, signer, "root")
    assert ministry.check(text, first, "root") is None
    shown = ministry.done("lists", "show", first, "--root", ministry.path("root.pem"))
    assert (shown["version"], shown["entries"][0]["usage"], shown["problem"]) == (1, "v", None)

    second = ministry.sign(2, ministry.list_signer("lists2", root, "rsa"), "root", after=1)  # a new list signer
    assert ministry.check(text, second, "root") is None
    assert ministry.check(text, first, "root") == "TRUST list-rollback"

    other = ministry.list_signer("lists3", ministry.found_root("root2"))  # a new root
    third = ministry.sign(3, other, "root root2", after=2)
    assert ministry.check(text, third, "root") == "TRUST list-chain"
    assert ministry.check(text, third, "root", "root2") is None
    assert ministry.check(text, third, "root2") is None
    assert ministry.check(text, second, "root2") == "TRUST list-chain"


def test_a_dsc_signs_no_list_and_a_list_never_leaves_that_its_readers_refuse(
    golden_tokens: GoldenTokens, ministry: Ministry
) -> None:
    dsc = ministry.write("dsc.pem", golden_tokens.ec.certificate_der)
    draft, out = ministry.path("draft.json"), ministry.path("trust.cbor")
    ministry.done("lists", "build", dsc, "--csca", ministry.csca, "--out", draft)
    signing = ("lists", "sign", draft, "--root", ministry.csca, "--out", out, "--token")
    assert ministry.refused(*signing, golden_tokens.ec.serial, pins=(golden_tokens.ec.pin,)) == "list-signer-usage"
    signer = ministry.list_signer("lists", ministry.found_root("root"))
    assert ministry.refused(*signing, signer.serial, pins=(signer.pin,)) == "list-chain"
    assert not Path(out).exists()


def test_what_is_exported_comes_back_by_its_uploader(golden_tokens: GoldenTokens, ministry: Ministry) -> None:
    dsc = ministry.write("dsc.pem", golden_tokens.ec.certificate_der)
    signer = ministry.list_signer("lists", ministry.found_root("root"))
    ministry.done("lists", "build", dsc, "--csca", ministry.csca, "--out", ministry.path("draft.json"))
    signed, exported = ministry.sign(1, signer, "root"), ministry.path("gateway.json")
    uploader = golden_tokens.rsa
    export = ("lists", "export", signed, "--root", ministry.path("root.pem"), "--country", "VN", "--out", exported)
    assert ministry.done(*export, "--token", uploader.serial, pins=(uploader.pin,))["entries"] == 1
    build = ("lists", "build", exported, "--out", ministry.path("again.json"))
    assert ministry.refused(*build) == "import-unverified"
    named = hashlib.sha256(uploader.certificate_der).hexdigest()
    assert ministry.done(*build, "--accept", named)["entries"] == 1


def test_a_list_signer_signs_no_passports(golden_tokens: GoldenTokens, ministry: Ministry) -> None:
    signer = ministry.list_signer("lists", ministry.found_root("root"))
    build = ("lists", "build", ministry.path("lists.pem"), "--csca", ministry.path("root.pem"))
    assert ministry.refused(*build, "--out", ministry.path("draft.json")) == "entry-usage"
    issue = ("ca", "issue", ministry.path("lists.csr"), "--list-signer", "--any-use", "--out", ministry.path("x.pem"))
    assert ministry.refused(*issue, "--token", signer.serial, pins=(signer.pin,)) == "usage"
