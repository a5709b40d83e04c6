import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from certificates.qr import qr_png
from tests.support.codes import code, dcc
from tests.support.documents import signed_document, verified_record
from tests.support.softkeys import soft_key
from vaxseal.cli import app

AT = ["--at", "2022-06-01T07:00:00+07:00"]
KEY = soft_key("ES256")


@pytest.fixture
def trust(tmp_path: Path) -> Path:
    folder = tmp_path / "trust"
    folder.mkdir()
    (folder / "dsc.der").write_bytes(KEY.certificate_der)
    (folder / "csca.der").write_bytes(KEY.ca_der)
    return folder


def run(*arguments: object, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(app, ["check", *map(str, arguments)], input=stdin)


def answer(*arguments: object, stdin: bytes | None = None, exit_code: int = 0) -> Any:
    result = run(*arguments, "--json", stdin=stdin)
    assert result.exit_code == exit_code, result.output
    return json.loads(result.stdout)


def test_a_text(trust: Path) -> None:
    found = answer(code(), "--trust", trust, *AT)
    assert (found["verdict"], found["reason"], found["issuer"], found["alg"]) == ("valid", None, "VN", "ES256")
    assert found["kid"] == KEY.certificate.kid.hex()
    found = answer("HC1:" + code()[5:], "--trust", trust, *AT, exit_code=1)
    assert found["verdict"] == "invalid"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_a_text_file(trust: Path, tmp_path: Path, ending: str, encoding: str) -> None:
    file = tmp_path / "code.txt"
    file.write_bytes((code() + ending).encode(encoding))
    assert answer(file, "--trust", trust, *AT)["verdict"] == "valid"


def test_a_picture(trust: Path, tmp_path: Path) -> None:
    file = tmp_path / "code.png"
    file.write_bytes(qr_png(code()))
    assert answer(file, "--trust", trust, *AT)["input"] == str(file)
    file.write_bytes(b"\x89PNG\r\n\x1a\n broken")
    assert answer(file, "--trust", trust, *AT, exit_code=1)["reason"] == "CONTEXT"


def test_a_pdf_that_is_none(trust: Path, tmp_path: Path) -> None:
    file = tmp_path / "code.pdf"
    file.write_bytes(b"%PDF-1.7\nnothing\n%%EOF\n")
    assert answer(file, "--trust", trust, *AT, exit_code=1)["reason"] == "PDF"


@pytest.mark.parametrize("algorithm", ["ES256", "PS256"])
def test_a_signed_pdf(tmp_path: Path, algorithm: Any) -> None:
    key = soft_key(algorithm)
    dsc, file = tmp_path / "dsc.der", tmp_path / "certificate.pdf"
    dsc.write_bytes(key.certificate_der)
    document = signed_document(verified_record(), key)
    file.write_bytes(document)
    found = answer(file, "--trust", dsc, "--at", "2022-06-01T00:00:00Z")
    assert (found["verdict"], found["alg"]) == ("valid", algorithm)
    file.write_bytes(document.replace(b"/Type", b"/Tipe", 1))
    assert answer(file, "--trust", dsc, "--at", "2022-06-01T00:00:00Z", exit_code=1)["reason"] == "PDF"


def test_standard_input(trust: Path) -> None:
    assert answer("-", "--trust", trust, *AT, stdin=code().encode() + b"\n")["verdict"] == "valid"
    assert answer("-", "--trust", trust, *AT, stdin=qr_png(code()))["verdict"] == "valid"
    assert answer("-", "--trust", trust, *AT, stdin=b"", exit_code=1)["reason"] == "CONTEXT"
    assert answer("", "--trust", trust, *AT, exit_code=1)["reason"] == "CONTEXT"


def test_an_existing_path_comes_before_everything(trust: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("-", "HC1:X"):
        (tmp_path / name).write_text(code())
        result = run("--trust", trust, *AT, "--json", "--", name)
        assert json.loads(result.stdout)["verdict"] == "valid"


def test_whose_country_may_be_named(trust: Path, tmp_path: Path) -> None:
    german, batch = code(iss="DE"), tmp_path / "codes.jsonl"
    batch.write_bytes(json.dumps({"id": 1, "text": german}).encode())
    for options, reason in (((), "KEYUSAGE"), (("--issuer", "exact"), "KEYUSAGE"), (("--issuer", "any"), None)):
        found = answer(german, "--trust", trust, *options, *AT, exit_code=1 if reason else 0)
        assert (found["reason"], found["issuer"]) == (reason, None if reason else "DE")
        assert json.loads(run("--batch", batch, "--trust", trust, *options, *AT).stdout)["reason"] == reason


def test_one_invalid_of_several_is_no(trust: Path) -> None:
    found = answer(code(), "nowhere.png", "--trust", trust, *AT, exit_code=1)
    assert [each["verdict"] for each in found] == ["valid", "invalid"]
    assert found[1]["reason"] == "CONTEXT"


def test_ca_certificates_are_no_signers(trust: Path) -> None:
    (trust / "dsc.der").unlink()
    result = run(code(), "--trust", trust, *AT)
    assert result.exit_code == 2
    assert "no certificate of a signer" in result.stderr


def test_an_answer_for_people(trust: Path) -> None:
    result = run(code(), "--trust", trust, *AT)
    assert result.exit_code == 0
    assert result.stdout.startswith("VALID")
    assert "HỢP LỆ" in result.stdout
    assert "Nguyễn Thị Mẫu" in result.stdout
    result = run("x", "--trust", trust)
    assert result.exit_code == 1
    assert result.stdout.startswith("INVALID")
    assert "KHÔNG HỢP LỆ" in result.stdout


def test_a_name_cannot_steer_a_terminal(trust: Path) -> None:
    text = code(dcc=dcc(nam={"fn": "\x1b[2J[bold]A[/bold]", "fnt": "A"}))
    result = run(text, "--trust", trust, *AT)
    assert "\x1b" not in result.stdout
    assert "\ufffd[2J[bold]A[/bold]" in result.stdout


def test_a_code_is_shown_letter_by_letter(trust: Path) -> None:
    document = dcc()
    document["v"][0]["ci"] = "URN:UVCI:01:ID:SOS:7K3M9PX2"  # not the pictures for :ID: and :SOS:
    assert document["v"][0]["ci"] in run(code(dcc=document), "--trust", trust, *AT).stdout


def program(*arguments: str | Path, **options: Any) -> "subprocess.CompletedProcess[bytes]":
    """The program itself, as a shell starts it."""
    command = [sys.executable, "-m", "vaxseal", "check", *map(str, arguments)]
    return subprocess.run(command, check=False, **{"capture_output": True, **options})


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_letters_that_a_console_does_not_have_cost_no_verdict(trust: Path, tmp_path: Path, encoding: str) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = program(code(), "--trust", trust, *AT, env=environment)
    assert (done.returncode, "HỢP LỆ" in done.stdout.decode()) == (0, True), done.stderr
    done = program(code(), "--trust", trust, *AT, "--json", env=environment)
    assert (done.returncode, json.loads(done.stdout)["payload"]["nam"]["fn"]) == (0, "Nguyễn")


@pytest.mark.skipif(sys.platform == "win32", reason="names are always text there")
def test_a_name_that_is_no_text(trust: Path, tmp_path: Path) -> None:
    file = tmp_path / os.fsdecode(b"\xff.txt")
    file.write_text(code())
    done = program(file, "--trust", trust, *AT, "--json")
    assert (done.returncode, json.loads(done.stdout)["input"]) == (0, str(file))


def test_an_answer_that_cannot_be_written_is_no_verdict(trust: Path, tmp_path: Path) -> None:
    """Exit code 1 would say that a certificate is invalid."""
    file = tmp_path / "codes.jsonl"
    file.write_text((json.dumps({"id": 1, "text": code()}) + "\n") * 2000)
    several: tuple[list[str | Path], ...] = ([code(), "--json"], ["--batch", file])
    for arguments in several:
        read, write = os.pipe()
        os.close(read)
        done = program(*arguments, "--trust", trust, *AT, capture_output=False, stdout=write, stderr=subprocess.PIPE)
        os.close(write)
        assert done.returncode == 2
        assert b"Traceback" not in done.stderr
        assert b"cannot be read" not in done.stderr


def test_no_standard_input_at_all(trust: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    for arguments in (["-", "--trust", str(trust)], ["--batch", "-"]):
        with pytest.raises(SystemExit) as stopped:
            app(["check", *arguments])
        assert stopped.value.code == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "INPUT or --batch"),
        (["x", "--batch", "-"], "INPUT or --batch"),
        (["x", "--jobs", "2"], "--jobs needs --batch"),
        (["x"], "--trust PATH"),
        (["x", "--trust", "{tmp}/nowhere"], "does not exist"),
        (["x", "--trust", "{tmp}/empty"], "no certificate of a signer"),
        (["x", "--trust", "{tmp}/broken.pem"], "broken.pem"),
        (["x", "--trust", "{tmp}/trust", "--at", "yesterday"], "--at"),
        (["x", "--trust", "{tmp}/trust", "--at", "2022-06-01T00:00:00"], "--at"),
        (["{tmp}/empty", "--trust", "{tmp}/trust"], "cannot be read"),
        (["--batch", "{tmp}/nowhere"], "cannot be read"),
        (["--batch", "{tmp}/empty"], "cannot be read"),
        (["--batch", "-", "--trust", "{tmp}/nowhere"], "does not exist"),
    ],
)
def test_wrong_use_is_a_sentence(trust: Path, tmp_path: Path, arguments: list[str], sentence: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.pem").write_text("no certificate")
    arguments = [argument.format(tmp=tmp_path) for argument in arguments]
    result = run(*arguments, stdin=b"")
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert result.stdout == ""
    result = run(*arguments, "--json", stdin=b"")
    assert result.exit_code == 2
    assert sentence in json.loads(result.stdout)["detail"]


def test_a_batch_from_a_file_and_from_standard_input(trust: Path, tmp_path: Path) -> None:
    data = b"".join(json.dumps({"id": number, "text": code()}).encode() + b"\n" for number in range(3)) + b"no\n"
    file = tmp_path / "codes.jsonl"
    file.write_bytes(data)
    for name, stdin in ((file, None), ("-", data)):
        result = run("--batch", name, "--trust", trust, *AT, stdin=stdin)
        assert result.exit_code == 0
        found = [json.loads(line) for line in result.stdout.splitlines()]
        assert [(each["id"], each["reason"]) for each in found] == [(0, None), (1, None), (2, None), (None, "CONTEXT")]
        assert run("--batch", name, "--trust", trust, *AT, "--jobs", "2", stdin=stdin).stdout == result.stdout
    result = run("--batch", file)
    assert [json.loads(line)["reason"] for line in result.stdout.splitlines()] == ["KID", "KID", "KID", "CONTEXT"]
    assert run("--batch", "-", stdin=b"").stdout == ""
