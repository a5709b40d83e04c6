"""`vaxseal check` with a signed trust list."""

import base64
import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.support.codes import code
from tests.support.softkeys import SoftKey
from tests.support.trust_lists import DSC, certify, make_root, signed
from vaxseal.cli import app
from vaxseal.console import now

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
ROOT = make_root(now() - 300 * DAY)
LIST_KEY = certify(ROOT, not_before=now() - 100 * DAY)
TEXT = code()


class Checker:
    """Somebody with a pinned root and a state folder, who is given lists."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.roots = [self._write("root.der", ROOT.certificate_der)]

    def _write(self, name: str, content: bytes) -> Path:
        (self.folder / name).write_bytes(content)
        return self.folder / name

    def pin(self, root: SoftKey) -> None:
        self.roots.append(self._write(f"root-{len(self.roots)}.der", root.certificate_der))

    def arguments(self, data: bytes) -> list[str]:
        trust = self._write("trust.cbor", data)
        pins = [word for root in self.roots for word in ("--root", str(root))]
        return ["--trust", str(trust), *pins, "--state", str(self.folder / "state"), "--at", "2022-06-01T00:00:00Z"]

    def run(self, data: bytes, *more: str, stdin: bytes | None = None) -> Result:
        return CliRunner().invoke(app, ["check", *self.arguments(data), *more], input=stdin)

    def refusal(self, data: bytes, *more: str) -> str | None:
        """None for a valid certificate, else what the detail of TRUST begins with."""
        result = self.run(data, TEXT, "--json", *more)
        found: dict[str, Any] = json.loads(result.stdout)
        assert result.exit_code == (0 if found["verdict"] == "valid" else 1), result.output
        assert found["reason"] in (None, "TRUST")
        return found["detail"] and str(found["detail"]).partition(":")[0]


@pytest.fixture
def checker(tmp_path: Path) -> Checker:
    return Checker(tmp_path)


def current(key: SoftKey = LIST_KEY, *, version: int = 1, age: dt.timedelta = HOUR, lasting: int = 7) -> bytes:
    return signed(key=key, version=version, at=now() - age, lasting=lasting * DAY)


def test_a_signed_list_decides(checker: Checker) -> None:
    assert checker.refusal(current()) is None
    assert checker.run(current(), TEXT).stderr == ""


def test_an_older_version_than_seen_is_refused(checker: Checker) -> None:
    assert checker.refusal(current(version=5)) is None
    assert checker.refusal(current(version=5)) is None
    assert checker.refusal(current(version=4)) == "list-rollback"
    assert checker.refusal(current(version=6)) is None


def test_a_list_that_was_refused_is_not_remembered(checker: Checker) -> None:
    stranger = certify(make_root(now() - 9 * DAY), not_before=now() - DAY)
    assert checker.refusal(current(stranger, version=9)) == "list-chain"
    assert checker.refusal(current(version=1)) is None


def test_age(checker: Checker) -> None:
    assert "25 hours old" in checker.run(current(age=25 * HOUR), TEXT).stderr
    assert checker.refusal(current(age=7 * DAY + HOUR, lasting=30)) == "list-age"
    assert checker.refusal(current(age=7 * DAY + HOUR, lasting=30), "--max-age", "8") is None
    assert checker.refusal(current(age=2 * DAY, lasting=1)) == "list-expired"
    assert checker.refusal(current(age=-HOUR)) == "list-future"


def test_rotation_of_signer_and_root(checker: Checker) -> None:
    new_root = make_root(now() - 9 * DAY)
    below_new = certify(new_root, not_before=now() - DAY)
    assert checker.refusal(current(certify(ROOT, not_before=now() - DAY), version=2)) is None
    assert checker.refusal(current(below_new, version=3)) == "list-chain"
    checker.pin(new_root)
    assert checker.refusal(current(below_new, version=3)) is None
    assert checker.refusal(current(version=2)) == "list-rollback"
    del checker.roots[0]
    assert checker.refusal(current(version=4)) == "list-chain"
    assert checker.refusal(current(below_new, version=2)) == "list-rollback"


def test_people_are_told_in_two_languages(checker: Checker) -> None:
    result = checker.run(DSC.certificate_der, TEXT)
    assert result.exit_code == 1
    assert "TRUST: list-form" in result.stdout
    assert "Không kiểm tra được" in result.stdout


def test_a_batch(checker: Checker) -> None:
    lines = [{"id": 1, "text": TEXT}, {"id": 2, "text": "HC1:"}]
    stdin = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    assert reasons(checker.run(current(), "--batch", "-", stdin=stdin)) == [None, "ZLIB"]
    assert reasons(checker.run(b"none", "--batch", "-", stdin=stdin)) == ["TRUST", "TRUST"]


def reasons(result: Result) -> list[str | None]:
    assert result.exit_code == 0, result.output
    return [json.loads(line)["reason"] for line in result.stdout.splitlines()]


def test_wrong_use(checker: Checker) -> None:
    def error(*arguments: str) -> str:
        result = CliRunner().invoke(app, ["check", TEXT, "--json", *arguments])
        assert result.exit_code == 2, result.output
        return str(json.loads(result.stdout)["error"])

    root, trust = str(checker.roots[0]), checker.arguments(current())[1]
    assert error("--trust", trust) == "root-missing"
    assert error("--root", root) == "trust-missing"
    assert error("--root", root, "--trust", str(checker.folder / "none")) == "trust-missing"
    assert error("--root", root, "--trust", str(checker.folder)) == "trust-unreadable"
    assert error("--root", str(checker.folder / "none"), "--trust", trust) == "certificate-file"


def test_no_list_is_needed_for_a_line_with_its_own_certificates(checker: Checker) -> None:
    own = base64.b64encode(DSC.certificate_der).decode()
    line = json.dumps({"id": 1, "text": TEXT, "certificates": [own]}).encode() + b"\n"
    assert reasons(checker.run(b"none", "--batch", "-", stdin=line)) == [None]
