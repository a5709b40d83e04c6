import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from certificates.errors import CheckReason
from certificates.grounds import Grounds
from certificates.trust import TrustStore
from certificates.verdicts import SENTENCES
from tests.support.codes import AT, code
from tests.support.rules import rule
from tests.support.softkeys import soft_key
from vaxseal.acceptance import open_rules
from vaxseal.batch import check_lines
from vaxseal.cli import app

KEY = soft_key("ES256")
SOON, LATE = "2022-06-01T07:00:00+07:00", "2023-04-15T00:00:00Z"


@pytest.fixture
def trust(tmp_path: Path) -> Path:
    file = tmp_path / "dsc.der"
    file.write_bytes(KEY.certificate_der)
    return file


def run(trust: Path, *arguments: object) -> Result:
    return CliRunner().invoke(app, ["check", "--trust", str(trust), *map(str, arguments)])


def answer(trust: Path, *arguments: object, exit_code: int = 0) -> Any:
    result = run(trust, *arguments, "--json")
    assert result.exit_code == exit_code, result.output
    return json.loads(result.stdout)


def written(folder: Path, *rules: dict[str, Any]) -> Path:
    file = folder / "rules.json"
    file.write_text(json.dumps(rules), encoding="utf-8")
    return file


def test_a_certificate_that_meets_the_rules_has_the_same_answer_as_without(trust: Path) -> None:
    text = code()
    plain = answer(trust, text, "--at", SOON)
    assert answer(trust, text, "--at", SOON, "--rules", "default", "--policy", "border") == plain
    assert "rules" not in plain


def test_the_answer_names_the_rule_and_whose_certificate_it_is(trust: Path) -> None:
    found = answer(trust, code(), "--at", LATE, "--rules", "default", "--policy", "border", exit_code=1)
    assert (found["verdict"], found["reason"], found["issuer"]) == ("invalid", "RULE", "VN")
    assert found["payload"]["nam"]["fnt"] == "NGUYEN"
    (named,) = found["rules"]
    assert (named["identifier"], named["result"]) == ("VR-VN-0005", "failed")
    assert "12 months" in named["description"]["en"]
    assert "12 tháng" in named["description"]["vi"]
    assert answer(trust, code(), "--at", LATE, "--rules", "default", "--policy", "venue")["verdict"] == "valid"


def test_people_read_the_rule_in_both_languages(trust: Path) -> None:
    result = run(trust, code(), "--at", LATE, "--rules", "default", "--policy", "border")
    assert result.exit_code == 1
    for part in (
        *SENTENCES[CheckReason.RULE],
        "VR-VN-0005",
        "no older than 12 months",
        "quá 12 tháng",
        "Nguyễn Thị Mẫu",
    ):
        assert part in result.stdout


def test_a_rule_that_nobody_can_decide(trust: Path, tmp_path: Path) -> None:
    open_rule = rule("VR-XX-0001", {"plusTime": [{"var": "payload.v.0.no"}, 0, "day"]}, CertificateType="Vaccination")
    rules = written(tmp_path, open_rule | {"Description": [{"lang": "de", "desc": "Regel \x1b[31m"}]})
    arguments = ("--at", SOON, "--rules", rules, "--country", "XX")
    assert answer(trust, code(), *arguments, exit_code=1)["rules"][0]["result"] == "open"
    shown = run(trust, code(), *arguments).stdout
    assert "VR-XX-0001  Regel \ufffd[31m (plusTime: the operand is not a text)" in shown


def test_no_rule_in_force(trust: Path, tmp_path: Path) -> None:
    rules = written(tmp_path, rule(ValidTo="2022-01-01T00:00:00Z"))
    arguments = ("--at", SOON, "--rules", rules, "--country", "XX")
    assert answer(trust, code(), *arguments, exit_code=1)["rules"] == []
    assert "No rule is in force" in run(trust, code(), *arguments).stdout


def test_a_forged_certificate_is_not_judged_by_rules(trust: Path) -> None:
    forged = code()[:-3] + "AAA"
    found = answer(trust, forged, "--at", LATE, "--rules", "default", "--policy", "border", exit_code=1)
    assert found["reason"] != "RULE"
    assert found["payload"] is None


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("--policy", "border"), "rules-missing"),
        (("--rules", "default"), "policy-missing"),
        (("--rules", "default", "--policy", "cinema"), "policy-unknown"),
        (("--rules", "default", "--policy", "border", "--country", "DE"), "rules-country"),
        (("--rules", "/nowhere/rules.json"), "rules-unreadable"),
    ],
)
def test_wrong_use(trust: Path, arguments: tuple[str, ...], error: str) -> None:
    assert answer(trust, code(), *arguments, exit_code=2)["error"] == error


def test_a_policy_where_there_are_none(trust: Path, tmp_path: Path) -> None:
    arguments = ("--rules", written(tmp_path, rule()), "--country", "XX", "--policy", "border")
    assert answer(trust, code(), *arguments, exit_code=2)["error"] == "policy-unknown"


def test_a_batch_with_rules(trust: Path, tmp_path: Path) -> None:
    lines = b"".join(
        json.dumps({"id": number, "text": code(), "at": at}).encode() + b"\n" for number, at in enumerate((SOON, LATE))
    )
    plain = Grounds(trust=TrustStore.of([KEY.certificate_der]))
    strict = replace(plain, acceptance=open_rules("default", "VN", "border", json=False))
    answers = list(check_lines(BytesIO(lines), strict, AT))
    assert [found["reason"] for found in answers] == [None, "RULE"]
    assert [found["reason"] for found in check_lines(BytesIO(lines), plain, AT)] == [None, None]
    (tmp_path / "codes.jsonl").write_bytes(lines)
    result = run(trust, "--batch", tmp_path / "codes.jsonl", "--rules", "default", "--policy", "border")
    assert [json.loads(line)["reason"] for line in result.stdout.splitlines()] == [None, "RULE"]
