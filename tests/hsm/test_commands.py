"""`vaxseal token` and `vaxseal ca` on real tokens, from a blank token to a stored certificate."""

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from typer.testing import CliRunner, Result

from certificates.profiles import Subject, issue_csca
from hsm.provisioning import random_pin, store_certificate
from tests.support.softhsm import GoldenTokens
from vaxseal.cli import app

runner = CliRunner()


def run(*arguments: str, lines: tuple[str, ...] = ()) -> Result:
    return runner.invoke(app, list(arguments), input="".join(line + "\n" for line in lines))


def answer(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def module(golden_tokens: GoldenTokens) -> tuple[str, ...]:
    return ("--module", str(golden_tokens.module))


def test_from_a_blank_token_to_a_stored_certificate(module: tuple[str, ...], tmp_path: Path) -> None:
    ca_pin, pin = random_pin(), random_pin()
    csca_pem, csr_pem, dsc_pem = tmp_path / "csca.pem", tmp_path / "unit.csr.pem", tmp_path / "unit.pem"
    tail = (*module, "--pin-stdin", "--json")
    csca = answer(
        run("ca", "init", "-O", "Bộ Y tế", "--specimen", "--out", str(csca_pem), *tail, lines=(random_pin(), ca_pin))
    )
    unit = answer(run("token", "init", "--label", "Trạm", "--key", "rsa", *tail, lines=(random_pin(), pin)))
    made = answer(
        run(
            *("token", "csr", "-O", "Trạm Y tế xã Bình An", "--unit", "T0101", "--out", str(csr_pem)),
            *("--token", unit["serial"], *tail),
            lines=(pin,),
        )
    )
    assert made["algorithm"] == "PS256"
    issued = answer(
        run(
            *("ca", "issue", str(csr_pem), "--specimen", "--out", str(dsc_pem), "--token", csca["token"], *tail),
            lines=(ca_pin,),
        )
    )
    stored = answer(run("token", "import", str(dsc_pem), "--token", unit["serial"], *tail, lines=(pin,)))
    assert stored["fingerprint"] == issued["fingerprint"]
    assert issued["fingerprint"].startswith(issued["kid"])
    shown = answer(run("token", "info", "--token", unit["serial"], *module, "--json"))
    assert [one["fingerprint"] for one in shown["certificates"]] == [issued["fingerprint"]]
    assert "SPECIMEN" in shown["certificates"][0]["subject"]
    subprocess.run(
        ["openssl", "verify", "-x509_strict", "-CAfile", str(csca_pem), str(dsc_pem)], check=True, capture_output=True
    )
    dsc = x509.load_pem_x509_certificate(dsc_pem.read_bytes())
    dsc.verify_directly_issued_by(x509.load_pem_x509_certificate(csca_pem.read_bytes()))

    again = run("token", "csr", "-O", "x", "--out", str(csr_pem), "--token", unit["serial"], *tail)
    assert again.exit_code == 2
    assert json.loads(again.stdout)["error"] == "file-exists"
    real = run("ca", "issue", str(csr_pem), "--out", str(tmp_path / "x.pem"), "--token", csca["token"], *tail,
               lines=(ca_pin,))  # fmt: skip
    assert json.loads(real.stdout)["error"] == "specimen-mismatch"
    assert not (tmp_path / "x.pem").exists()


def refused(result: Result, code: str) -> str:
    assert result.exit_code == 2, result.output
    told = json.loads(result.stdout)
    assert told["error"] == code
    assert told["detail"].endswith((".", "…"))
    return str(told["detail"])


def test_what_goes_wrong_is_a_sentence_and_exit_code_2(
    golden_tokens: GoldenTokens, module: tuple[str, ...], tmp_path: Path
) -> None:
    request = ("token", "csr", "-O", "Trạm", "--out", str(tmp_path / "x.pem"), *module, "--pin-stdin", "--json")
    ec = ("--token", golden_tokens.ec.serial)
    wrong = "CANARY42WRONG"
    result = run(*request, *ec, lines=(wrong, golden_tokens.ec.pin))
    refused(result, "pin-incorrect")  # the second line would have been right: it was not read
    assert wrong not in result.output
    refused(run(*request, *ec, lines=("",)), "pin-form")
    refused(run(*request, "--token", "nowhere", lines=(golden_tokens.ec.pin,)), "token-not-found")
    for _ in range(2):
        golden_tokens.new_token("EC", label="same name")
    refused(run(*request, "--label", "same name"), "token-ambiguous")
    foreign = tmp_path / "foreign.der"
    foreign.write_bytes(golden_tokens.rsa.certificate_der)
    importing = ("token", "import", *module, "--pin-stdin", "--json")
    refused(run(*importing, str(foreign), *ec, lines=(golden_tokens.ec.pin,)), "key-mismatch")
    refused(run(*importing, str(tmp_path / "none.pem"), *ec), "certificate-file")
    refused(run("token", "list", "--module", str(tmp_path / "none.so"), "--json"), "module-not-found")
    refused(run(*request, *ec, lines=("12345678",)), "pin-form")  # a factory PIN, at enrolment
    refused(run(*request, *ec, "--key-id", "no hex"), "key-id-form")
    init = ("token", "init", "--label", "never", *module, "--pin-stdin", "--json")
    refused(run(*init, lines=("12345678", "12345678")), "pin-form")
    plain = run("token", "info", "--token", "nowhere", *module)
    assert plain.exit_code == 2
    assert plain.stderr.count("\n") == 1


def test_an_ended_certificate_is_not_stored(
    golden_tokens: GoldenTokens, module: tuple[str, ...], tmp_path: Path
) -> None:
    token = golden_tokens.new_token("EC")
    with token.open_bare() as key:
        ended = issue_csca(
            key,
            public_key_der=key.public_key_der,
            subject=Subject(common_name="x", organisation="y"),
            not_before=datetime(2019, 1, 1, tzinfo=UTC),
        )
    (tmp_path / "ended.der").write_bytes(ended)
    arguments = ("token", "import", str(tmp_path / "ended.der"), "--token", token.serial, *module)
    detail = refused(run(*arguments, "--pin-stdin", "--json", lines=(token.pin,)), "certificate-ended")
    assert "2023" in detail


def test_a_pin_is_changed(golden_tokens: GoldenTokens, module: tuple[str, ...]) -> None:
    token, new = golden_tokens.new_token("EC"), random_pin()
    arguments = ("token", "pin", "--token", token.serial, *module, "--pin-stdin", "--json")
    # the new PIN is asked for first
    assert answer(run(*arguments, lines=(new, token.pin))) == {"changed": True}
    refused(run(*arguments, lines=(random_pin(), token.pin)), "pin-incorrect")


def test_another_key_is_made_and_named_in_a_request(
    golden_tokens: GoldenTokens, module: tuple[str, ...], tmp_path: Path
) -> None:
    token = golden_tokens.new_token("EC")
    tail = ("--token", token.serial, *module, "--pin-stdin", "--json")
    made = answer(run("token", "key", "--key", "rsa", *tail, lines=(token.pin,)))
    request = ("token", "csr", "-O", "Trạm", "--out", str(tmp_path / "x.pem"), *tail)
    refused(run(*request, lines=(token.pin,)), "key-ambiguous")
    assert answer(run(*request, "--key-id", made["id"], lines=(token.pin,)))["algorithm"] == "PS256"


def test_an_ended_csca_issues_nothing(golden_tokens: GoldenTokens, module: tuple[str, ...], tmp_path: Path) -> None:
    token = golden_tokens.new_token("EC")
    with token.open_bare() as key:
        subject = Subject(common_name="CSCA", organisation="Bộ Y tế")
        start = datetime(2019, 1, 1, tzinfo=UTC)
        ended = issue_csca(key, public_key_der=key.public_key_der, subject=subject, not_before=start)
    store_certificate(token.module, token.selector, lambda: token.pin, ended)
    request = tmp_path / "unit.csr.pem"
    ask = ("token", "csr", "-O", "Trạm", "--out", str(request), "--token", golden_tokens.ec.serial, *module)
    answer(run(*ask, "--pin-stdin", "--json", lines=(golden_tokens.ec.pin,)))
    issue = ("ca", "issue", str(request), "--out", str(tmp_path / "x.pem"), "--token", token.serial, *module)
    refused(run(*issue, "--pin-stdin", "--json", lines=(token.pin,)), "certificate-ended")


def test_tokens_are_listed(golden_tokens: GoldenTokens, module: tuple[str, ...]) -> None:
    listed = answer(run("token", "list", *module, "--json"))
    assert golden_tokens.ec.serial in {token["serial"] for token in listed["tokens"]}
    plain = run("token", "list", *module)
    assert f"{golden_tokens.rsa.serial}  golden rsa" in plain.stdout
