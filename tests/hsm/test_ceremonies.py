"""`vaxseal ca init`, `issue` and `revoke` on real tokens, with the record that is signed by hand; and a token's second
certificate."""

import json
import re
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from cryptography import x509
from typer.testing import CliRunner, Result

from certificates.crl import read_csca_crl
from certificates.profiles import to_pem
from hsm import errors
from hsm.provisioning import random_pin, store_certificate
from hsm.tokens import list_certificates
from hsm.worker.process import TokenWorker
from tests.support.softhsm import GoldenToken, GoldenTokens
from vaxseal.choosing import certificates_for
from vaxseal.cli import app
from vaxseal.files import read_certificate

runner = CliRunner()
PRESENT = ("--place", "Hà Nội", "--witness", "Nguyễn Văn Minh", "--witness", "Trần Thị Hương")


def run(*arguments: str, lines: tuple[str, ...] = ()) -> Result:
    return runner.invoke(app, list(arguments), input="".join(line + "\n" for line in lines))


def answer(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def refused(result: Result) -> str:
    assert result.exit_code == 2, result.output
    code: str = json.loads(result.stdout)["error"]
    return code


def words_of(pdf: Path) -> str:
    """The text of the record, blanks between groups of digits taken out."""
    document = pypdfium2.PdfDocument(pdf)  # type: ignore[no-untyped-call]
    try:
        text = "\n".join(page.get_textpage().get_text_bounded() for page in document)
    finally:
        document.close()  # type: ignore[no-untyped-call]
    return re.sub(r"(?<=[0-9a-f]{4})\s+(?=[0-9a-f]{4}\b)", "", text)


@pytest.fixture
def tail(golden_tokens: GoldenTokens) -> tuple[str, ...]:
    return ("--module", str(golden_tokens.module), "--pin-stdin", "--json")


def test_a_csca_is_founded_issues_and_revokes_before_witnesses(
    golden_tokens: GoldenTokens, tail: tuple[str, ...], tmp_path: Path
) -> None:
    so_pin, pin = random_pin(), random_pin()
    csca, csr, dsc = (str(tmp_path / name) for name in ("csca.pem", "unit.csr.pem", "unit.pem"))
    records = {act: tmp_path / f"{act}.pdf" for act in ("init", "issue", "revoke")}
    founded = answer(
        run(
            *("ca", "init", "-O", "Bộ Y tế", "--specimen", "--out", csca),
            *("--ceremony", str(records["init"]), *PRESENT, *tail),
            lines=(so_pin, pin),
        )
    )
    unit = golden_tokens.rsa
    answer(run("token", "csr", "-O", "Trạm", "--out", csr, "--token", unit.serial, *tail, lines=(unit.pin,)))
    ca = ("--token", founded["token"], *tail)
    issued = answer(
        run(
            *("ca", "issue", csr, "--specimen", "--out", dsc, "--ceremony", str(records["issue"]), *PRESENT, *ca),
            lines=(pin,),
        )
    )
    first, second = str(tmp_path / "1.crl"), str(tmp_path / "2.crl")
    revoke = ("ca", "revoke", "--csca", csca)
    because = ("--reason", "key-compromise", "--ceremony", str(records["revoke"]))
    revoked = answer(run(*revoke, dsc, "--out", first, *because, *PRESENT, *ca, lines=(pin,)))
    assert (revoked["number"], revoked["revoked"]) == (1, [issued["fingerprint"]])
    renewed = answer(run(*revoke, "--after", first, "--out", second, "--days", "30", *ca, lines=(pin,)))
    assert (renewed["number"], renewed["entries"]) == (2, 1)
    made = read_csca_crl(Path(second).read_bytes(), read_certificate(Path(csca)))
    assert made.entries[0].serial == x509.load_pem_x509_certificate(Path(dsc).read_bytes()).serial_number
    again = run(*revoke, dsc, "--after", second, "--out", str(tmp_path / "3.crl"), *ca, lines=(pin,))
    assert refused(again) == "crl-again"
    plain = run(*revoke, "--after", second, "--out", str(tmp_path / "4.crl"), *ca[:-1], lines=(pin,))
    assert "list 3 with 1 certificates" in plain.stdout

    verified = ["openssl", "verify", "-crl_check", "-CAfile", csca, "-CRLfile", second, dsc]
    assert "certificate revoked" in subprocess.run(verified, capture_output=True, text=True).stderr
    texts = {act: words_of(pdf) for act, pdf in records.items()}
    for text in texts.values():
        assert founded["token"] in text
        assert text.count("Nguyễn Văn Minh") == 3  # present, in the command, and at the line for the signature
        assert so_pin not in text
        assert pin not in text
    assert founded["fingerprint"] in texts["init"]
    assert "vaxseal ca init --organisation 'Bộ Y tế'" in texts["init"]
    assert issued["fingerprint"] in texts["issue"]
    assert issued["fingerprint"] in texts["revoke"]
    assert "khóa có thể đã lộ" in texts["revoke"]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--ceremony", "x.pdf"), "ceremony-form"),
        (("--ceremony", "x.pdf", "--place", "Hà Nội", "--witness", "An"), "ceremony-form"),
        (("--ceremony", "x.pdf", "--place", "Hà Nội", "--witness", "An", "--witness", " An "), "ceremony-form"),
        (("--ceremony", "x.pdf", "--witness", "An", "--witness", "Bình"), "ceremony-form"),
        (("--ceremony", "x.txt", *PRESENT), "ceremony-form"),
        (PRESENT, "ceremony-form"),
        (("--ceremony", "x.pdf", *PRESENT, "--witness", "王"), "page-letters"),
        (("--ceremony", "there.pdf", *PRESENT), "file-exists"),
    ],
)
def test_a_record_that_cannot_be_written_touches_no_token(
    tail: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], code: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.pdf").touch()
    assert refused(run("ca", "init", "-O", "Bộ Y tế", "--out", "csca.pem", *options, *tail)) == code
    assert [path.name for path in tmp_path.iterdir()] == ["there.pdf"]


def test_only_its_own_csca_revokes_a_certificate(
    golden_tokens: GoldenTokens, tail: tuple[str, ...], tmp_path: Path
) -> None:
    csca, dsc = tmp_path / "csca.pem", tmp_path / "dsc.pem"
    csca.write_text(to_pem(golden_tokens.csca.certificate_der))
    dsc.write_text(to_pem(golden_tokens.ec.certificate_der))
    out = ("--csca", str(csca), "--out", str(tmp_path / "x.crl"))
    other = ("--token", golden_tokens.rsa.serial, *tail)
    assert refused(run("ca", "revoke", str(dsc), *out, *other, lines=(golden_tokens.rsa.pin,))) == "key-mismatch"
    own = ("--token", golden_tokens.csca.serial, *tail)
    stranger = run("ca", "revoke", str(csca), *out, *own, lines=(golden_tokens.csca.pin,))
    assert refused(stranger) == "crl-certificate"
    unread = run("ca", "revoke", "--after", str(dsc), *out, *own, lines=(golden_tokens.csca.pin,))
    assert refused(unread) == "crl-form"


@pytest.fixture
def bought(golden_tokens: GoldenTokens) -> GoldenToken:
    """A token that carries a certificate already."""
    token = golden_tokens.new_token("RSA")
    store_certificate(token.module, token.selector, lambda: token.pin, golden_tokens.new_dsc(token, unit="CA01"))
    return token


def test_a_second_certificate_over_the_same_key(
    golden_tokens: GoldenTokens, bought: GoldenToken, tail: tuple[str, ...], tmp_path: Path
) -> None:
    csr, dsc = str(tmp_path / "unit.csr.pem"), str(tmp_path / "unit.pem")
    (first,) = list_certificates(bought.module, bought.selector)
    mine, ca = ("--token", bought.serial, *tail), ("--token", golden_tokens.csca.serial, *tail)
    answer(run("token", "csr", "-O", "Trạm", "--out", csr, *mine, lines=(bought.pin,)))
    issued = answer(run("ca", "issue", csr, "--specimen", "--out", dsc, *ca, lines=(golden_tokens.csca.pin,)))
    assert refused(run("token", "import", dsc, *mine, lines=("12345678",))) == "pin-form"  # a PIN that it came with
    answer(run("token", "import", dsc, *mine, lines=(bought.pin,)))
    stored = list_certificates(bought.module, bought.selector)
    assert {one.fingerprint.hex() for one in stored} == {first.fingerprint.hex(), issued["fingerprint"]}
    assert {one.id for one in stored} == {first.id}

    at = x509.load_der_x509_certificate(first.der).not_valid_before_utc.replace(microsecond=0)
    with closing(TokenWorker()) as worker:

        def ask() -> tuple[bytes, ...]:
            return worker.certificates(bought.module, bought.selector)

        named = certificates_for(ask, issued["fingerprint"], task="issue", at=at)
        assert named == (read_certificate(Path(dsc)),)
        assert certificates_for(ask, dsc, task="issue", at=at) == named
        with pytest.raises(errors.CertificateNotFound):
            certificates_for(ask, "ab" * 32, task="issue", at=at)


def test_a_sitting_with_a_file_that_is_no_certificate(golden_tokens: GoldenTokens, tail: tuple[str, ...]) -> None:
    sign = ("station", "sign", "--centre", "http://127.0.0.1:9", "--account", "lan", "--yes", *tail)
    named = ("--certificate", "missing.pem", "--token", golden_tokens.ec.serial)
    assert refused(run(*sign, *named)) == "certificate-file"
