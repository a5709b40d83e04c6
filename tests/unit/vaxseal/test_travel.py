import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import qrcode
from typer.testing import CliRunner, Result

from tests.support.codes import code, dcc
from tests.support.mrz import zone
from tests.support.softkeys import soft_key
from vaxseal.cli import app

AT = ["--at", "2022-06-01T07:00:00+07:00"]
OTHER = zone("TRAN", "VAN<BINH")


@pytest.fixture
def trust(tmp_path: Path) -> Path:
    file = tmp_path / "dsc.der"
    file.write_bytes(soft_key("ES256").certificate_der)
    return file


def run(*arguments: object, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(app, ["check", *map(str, arguments)], input=stdin)


def answer(*arguments: object, stdin: bytes | None = None, exit_code: int = 0) -> Any:
    result = run(*arguments, "--json", stdin=stdin)
    assert result.exit_code == exit_code, result.output
    return json.loads(result.stdout)


@pytest.mark.parametrize("form", ["TD1", "TD2", "TD3"])
@pytest.mark.parametrize("between", ["\n", "\r\n", " ", ""])
def test_the_holder_of_the_certificate(trust: Path, form: str, between: str) -> None:
    lines = between.join(zone(form=form).splitlines())
    found = answer(code(), "--trust", trust, *AT, "--mrz", lines)
    assert (found["verdict"], found["mrz"]["outcome"]) == ("valid", "match")
    assert found["mrz"]["name"] == {"finding": "same", "en": "The names are the same.", "vi": "Họ tên giống nhau."}
    assert found["mrz"]["date_of_birth"]["finding"] == "same"


def test_another_person_is_a_no_but_the_verdict_stays(trust: Path) -> None:
    found = answer(code(), "--trust", trust, *AT, "--mrz", OTHER, exit_code=1)
    assert (found["verdict"], found["reason"], found["mrz"]["outcome"]) == ("valid", None, "no-match")
    result = run(code(), "--trust", trust, *AT, "--mrz", OTHER)
    assert result.exit_code == 1
    assert result.stdout.startswith("VALID")
    assert "NO MATCH - The certificate and the travel document name different people." in result.stdout
    assert "KHÔNG KHỚP - " in result.stdout


def test_near_is_for_a_person_to_decide(trust: Path) -> None:
    lines = zone("NGUYEN", "MAU<THI", birth="90<<<<")
    found = answer(code(), "--trust", trust, *AT, "--mrz", lines)["mrz"]
    assert found["outcome"] == "near"
    assert (found["name"]["finding"], found["date_of_birth"]["finding"]) == ("order", "less-precise")
    result = run(code(), "--trust", trust, *AT, "--mrz", lines)
    assert (result.exit_code, "NEAR MATCH - " in result.stdout, "GẦN KHỚP - " in result.stdout) == (0, True, True)


def test_what_is_not_proved_is_not_compared(trust: Path) -> None:
    broken = code()[:-1]
    assert answer(broken, "--trust", trust, *AT, "--mrz", zone(), exit_code=1)["mrz"] is None
    result = run(broken, "--trust", trust, *AT, "--mrz", zone())
    assert result.exit_code == 1
    assert "not compared" in result.stdout
    assert "MATCH" not in result.stdout
    assert "mrz" not in answer(code(), "--trust", trust, *AT)


def test_a_genuine_certificate_that_meets_no_rule_is_compared(trust: Path) -> None:
    document = dcc()
    document["v"][0]["dn"], document["v"][0]["sd"] = 1, 2
    rules = ["--rules", "default", "--policy", "border"]
    found = answer(code(dcc=document), "--trust", trust, *AT, *rules, "--mrz", zone(), exit_code=1)
    assert (found["reason"], found["mrz"]["outcome"]) == ("RULE", "match")


def test_each_of_several_certificates_is_compared(trust: Path) -> None:
    other = code(dcc=dcc(nam={"fnt": "TRAN", "gnt": "VAN<BINH"}))
    found = answer(code(), other, "--trust", trust, *AT, "--mrz", zone(), exit_code=1)
    assert [each["mrz"]["outcome"] for each in found] == ["match", "no-match"]


@pytest.mark.parametrize("form", ["TD1", "TD2", "TD3"])
@pytest.mark.parametrize("form_of_lines", ["{}", "\r\n{}more\n", " {}"])
def test_a_reader_that_types(trust: Path, form: str, form_of_lines: str) -> None:
    """What follows the last line is not waited for."""
    typed = form_of_lines.format(zone(form=form)).encode()
    assert answer(code(), "--trust", trust, *AT, "--mrz", "-", stdin=typed)["mrz"]["outcome"] == "match"


def test_nobody_has_to_end_the_input(trust: Path) -> None:
    command = [sys.executable, "-m", "vaxseal", "check", code(), "--trust", str(trust), *AT, "--mrz", "-", "--json"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        assert program.stdin
        assert program.stdout
        program.stdin.write(zone().encode())
        program.stdin.flush()  # and stays open
        assert json.loads(program.stdout.read())["mrz"]["outcome"] == "match"


def test_a_reader_that_types_all_in_one_line(trust: Path) -> None:
    typed = "".join(zone().splitlines()).encode() + b"\n"
    assert answer(code(), "--trust", trust, *AT, "--mrz", "-", stdin=typed)["mrz"]["outcome"] == "match"


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        (b"", "mrz-length"),
        (b"\n\n", "mrz-length"),
        (b"P<VNM\nrest is not waited for\n", "mrz-length"),
        (b"\xff" * 44 + b"\n" + b"A" * 44, "mrz-characters"),
        (zone().replace("900203", "900204").encode(), "mrz-check-digit"),
        (b"A" * 100_000, "mrz-length"),
    ],
)
def test_lines_that_cannot_be_read_end_the_command(trust: Path, typed: bytes, error: str) -> None:
    found = answer(code(), "--trust", trust, *AT, "--mrz", "-", stdin=typed, exit_code=2)
    assert found["error"] == error
    assert "NGUYEN" not in found["detail"]


def test_wrong_use(trust: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    common = ["--trust", trust, *AT]
    for arguments in (["-", "--mrz", "-"], ["--batch", "-", "--mrz", zone()]):
        assert answer(*arguments, *common, stdin=b"", exit_code=2)["error"] == "mrz-input"
    assert answer(code(), *common, "--mrz", "x", exit_code=2)["error"] == "mrz-length"
    assert run(code(), "--trust", trust, "--at", "9999-12-31T23:59:59-12:00", "--mrz", zone()).exit_code == 2
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(SystemExit) as stopped:
        app(["check", code(), *map(str, common), "--mrz", "-"])
    assert stopped.value.code == 2


CARD = "001090012345|012345678|Nguyễn Thị Mẫu|03021990|Nữ|Hà Nội|01012021"


def test_a_code_of_another_system_is_named(trust: Path, tmp_path: Path) -> None:
    picture = tmp_path / "card.png"
    symbol = qrcode.QRCode()
    symbol.add_data(CARD.encode())
    with picture.open("wb") as file:
        symbol.make_image().save(file)
    (tmp_path / "card.txt").write_text(CARD + "\n", encoding="utf-8")
    for given, stdin in ((CARD, None), (picture, None), (tmp_path / "card.txt", None), ("-", CARD.encode())):
        found = answer(given, "--trust", trust, *AT, stdin=stdin, exit_code=1)
        assert (found["reason"], found["other_code"]) == ("CONTEXT", "citizen-card")
        assert found["detail"] == "this is the code of a Vietnamese citizen identity card"
        assert "Nguyễn" not in str(found)
        shown = run(given, "--trust", trust, *AT, stdin=stdin).stdout
        assert "Đây là mã QR của thẻ căn cước công dân Việt Nam." in shown
        assert "Nguyễn" not in shown
    assert "other_code" not in answer("nowhere.png", "--trust", trust, *AT, exit_code=1)
