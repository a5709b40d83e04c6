"""`vaxseal check --bundle`: everything from one signed folder."""

import datetime as dt
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from certificates import rule_list
from certificates.act_chain import LogHead
from certificates.bundle_signing import Changes, sign_next
from certificates.log_heads import SeenHead, give_head
from certificates.pki import SigningCertificate
from certificates.revocation.hashes import HashType, uci_hash
from certificates.rule_files import read_json
from certificates.rules import DEFAULT_RULES
from signer.head_file import read_heads
from tests.support.codes import code, dcc
from tests.support.trust_lists import DSC, ENTRY, certify, make_root
from vaxseal.cli import app
from vaxseal.console import now

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
ROOT = make_root(now() - 300 * DAY)
LIST_KEY = certify(ROOT, not_before=now() - 100 * DAY)
RULES = rule_list.join(read_json(DEFAULT_RULES))
TEXT = code()
SOON, LATE = "2022-06-01T00:00:00Z", "2023-04-15T00:00:00Z"


class Checker:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lists = folder / "lists"
        self.root = folder / "root.der"
        self.root.write_bytes(ROOT.certificate_der)

    def bring(self, *, age: dt.timedelta = HOUR, lasting: dt.timedelta = 30 * DAY, **changes: Any) -> int:
        """The next version, of this age; without changes with the one DSC."""
        wanted = Changes(**changes) if changes else Changes(entries=(ENTRY,))
        at = now() - age
        roots = [ROOT.certificate_der]
        return sign_next(self.lists, wanted, LIST_KEY, roots, issued_at=at, expires_at=at + lasting).version

    def run(self, *arguments: object) -> Result:
        fixed = ["check", "--bundle", self.lists, "--root", self.root, "--state", self.folder / "state", "--at", SOON]
        return CliRunner().invoke(app, list(map(str, [*fixed, *arguments])))

    def answer(self, *arguments: object, exit_code: int = 0) -> dict[str, Any]:
        result = self.run(TEXT, "--json", *arguments)
        assert result.exit_code == exit_code, result.output
        found: dict[str, Any] = json.loads(result.stdout)
        return found

    def refusal(self, *arguments: object) -> str:
        found = self.answer(*arguments, exit_code=1)
        return f"{found['reason']} {found['detail'].partition(':')[0]}"


@pytest.fixture
def checker(tmp_path: Path) -> Checker:
    return Checker(tmp_path)


def test_every_verdict_says_how_old_the_lists_are(checker: Checker) -> None:
    checker.bring(age=3 * HOUR)
    lists = checker.answer()["lists"]
    assert (lists["version"], lists["age_hours"], lists["old"]) == (1, 3, False)
    assert "Lists: version 1, 3 hours old." in checker.run(TEXT).stdout
    refused = checker.run("HC1:nothing", "--json")
    assert json.loads(refused.stdout)["lists"] == lists
    checker.bring(age=HOUR * 0, entries=(ENTRY,))
    assert checker.answer()["lists"]["version"] == 2


def test_old_lists_are_reported_and_older_ones_refused(checker: Checker) -> None:
    checker.bring(age=25 * HOUR)
    assert checker.answer()["lists"]["old"] is True
    assert "fetch newer ones" in checker.run(TEXT).stdout
    shutil.rmtree(checker.lists)
    shutil.rmtree(checker.folder / "state")
    checker.bring(age=8 * DAY)
    assert checker.refusal() == "TRUST list-age"
    assert checker.answer("--max-age", "9")["verdict"] == "valid"


def test_what_is_revoked_is_refused_here_too(checker: Checker) -> None:
    checker.bring(age=2 * HOUR)
    kid = SigningCertificate.from_der(DSC.certificate_der).kid
    ci = dcc()["v"][0]["ci"]
    checker.bring(added={(kid, HashType.UCI): [uci_hash(ci)]}, entries_expire_at=now() + 300 * DAY)
    found = checker.answer(exit_code=1)
    assert found["reason"] == "REVOKED"
    assert found["lists"]["version"] == 2


def test_an_older_bundle_than_seen(checker: Checker) -> None:
    checker.bring(age=2 * HOUR)
    shutil.copytree(checker.lists, checker.folder / "old")
    checker.bring()
    assert checker.answer()["verdict"] == "valid"
    shutil.rmtree(checker.lists)
    (checker.folder / "old").rename(checker.lists)
    assert checker.refusal() == "TRUST list-rollback"


def test_a_folder_never_goes_back_even_when_the_versions_seen_are_forgotten(checker: Checker) -> None:
    checker.bring(age=2 * HOUR)
    shutil.copytree(checker.lists, checker.folder / "old")
    checker.bring()

    def fetch(source: Path) -> dict[str, Any]:
        own = ("--bundle", checker.folder / "own", "--root", checker.root, "--state", checker.folder / "state")
        result = CliRunner().invoke(app, list(map(str, ["lists", "fetch", source, *own, "--json"])))
        found: dict[str, Any] = json.loads(result.stdout)
        return found

    assert fetch(checker.lists)["version"] == 2
    shutil.rmtree(checker.folder / "state")
    assert fetch(checker.folder / "old")["error"] == "list-rollback"
    (checker.folder / "own" / "bundle.cbor").write_bytes(b"damaged")
    assert fetch(checker.lists)["version"] == 2


def test_the_head_of_the_log_is_kept_by_whoever_fetches_the_lists(checker: Checker) -> None:
    own = checker.folder / "own"

    def fetch() -> None:
        named = ("--bundle", own, "--root", checker.root, "--state", checker.folder / "state")
        assert CliRunner().invoke(app, list(map(str, ["lists", "fetch", checker.lists, *named]))).exit_code == 0

    checker.bring()
    fetch()
    (checker.lists / "log-head.txt").write_text("no head\n")
    fetch()
    assert not (own / "log-heads.txt").exists()
    heads = [give_head(b"x", LogHead(sequence=row, hash=bytes(32))) for row in (7, 7, 9)]
    published = now()
    for head in heads:
        seen = SeenHead(given=head, seen_at=published, centre="https://centre.example.vn")
        (checker.lists / "log-head.txt").write_text(f"{seen.to_line()}\n")
        fetch()
    assert [one.given for one in read_heads(own / "log-heads.txt")] == [heads[0], heads[2]]
    assert (own / "log-head.txt").read_text() == f"{seen.to_line()}\n"  # for the next who fetches from here


def test_who_fetches_old_lists_is_told(checker: Checker) -> None:
    def fetched() -> str:
        own = ("--bundle", checker.folder / "own", "--root", checker.root, "--state", checker.folder / "state")
        return CliRunner().invoke(app, list(map(str, ["lists", "fetch", checker.lists, *own]))).stdout

    checker.bring(age=25 * HOUR)
    assert "older than 24 hours" in fetched()
    checker.bring()
    assert "older than" not in fetched()


def test_damage_is_no_verdict_on_anybody(checker: Checker) -> None:
    assert checker.refusal() == "TRUST list-missing"
    checker.bring()
    for part in (checker.lists / "parts").iterdir():
        part.write_bytes(b"x")
    assert checker.refusal() == "TRUST list-differs"


def test_a_list_that_cannot_be_used_says_nothing_of_the_holder(checker: Checker) -> None:
    shown = checker.run(TEXT).stdout.splitlines()
    assert [line.partition(" - ")[0] for line in shown] == ["NOT CHECKED", "CHƯA KIỂM TRA ĐƯỢC"]


def test_what_a_valid_verdict_rests_on_is_shown(checker: Checker) -> None:
    checker.bring(rules=RULES, entries=(ENTRY,))
    with_rules, without = checker.run(TEXT, "--policy", "border").stdout, checker.run(TEXT).stdout
    assert "Rules met: VN, border. / Đáp ứng quy định: VN, border." in with_rules
    assert "Rules met" not in without
    assert "revoked" not in without
    trust = checker.folder / "dsc.der"
    trust.write_bytes(DSC.certificate_der)
    alone = CliRunner().invoke(app, ["check", TEXT, "--trust", str(trust), "--at", SOON]).stdout
    assert "Not checked whether it was revoked" in alone
    assert "Chưa kiểm tra việc thu hồi" in alone
    broken = CliRunner().invoke(app, ["check", "HC1:", "--trust", str(trust), "--at", SOON]).stdout
    assert "revoked" not in broken


def test_the_bundles_rules(checker: Checker) -> None:
    checker.bring(age=2 * HOUR)
    assert checker.run(TEXT, "--policy", "border").exit_code == 2
    checker.bring(rules=RULES)
    assert checker.answer("--policy", "border")["verdict"] == "valid"
    assert checker.answer("--policy", "border", "--at", LATE, exit_code=1)["reason"] == "RULE"
    assert checker.answer("--rules", "default", "--policy", "border", "--at", LATE, exit_code=1)["reason"] == "RULE"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("--rules", "bundle", "--policy", "cinema"), "policy-unknown"),
        (("--rules", "bundle"), "policy-missing"),
        (("--policy", "border", "--country", "DE"), "rules-country"),
        (("--trust", "x.pem"), "trust-twice"),
        (("--root", "/nowhere/root.pem"), "certificate-file"),
    ],
)
def test_wrong_use(checker: Checker, arguments: tuple[str, ...], error: str) -> None:
    checker.bring(age=2 * HOUR)
    checker.bring(rules=RULES)
    assert checker.answer(*arguments, exit_code=2)["error"] == error


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("--bundle", "lists"), "root-missing"),
        (("--trust", "x.pem", "--rules", "bundle"), "bundle-missing"),
        (("--trust", "x.pem", "--policy", "border"), "rules-missing"),
        (("--root", "root.pem"), "trust-missing"),
    ],
)
def test_options_that_need_each_other(arguments: tuple[str, ...], error: str) -> None:
    result = CliRunner().invoke(app, ["check", TEXT, *arguments, "--json"])
    assert (result.exit_code, json.loads(result.stdout)["error"]) == (2, error)


def test_a_batch(checker: Checker) -> None:
    checker.bring()
    lines = checker.folder / "codes.jsonl"
    lines.write_text(json.dumps({"id": 1, "text": TEXT}) + "\n" + json.dumps({"id": 2, "text": "HC1:"}) + "\n")
    answers = [json.loads(line) for line in checker.run("--batch", lines).stdout.splitlines()]
    assert [(found["verdict"], found["lists"]["version"]) for found in answers] == [("valid", 1), ("invalid", 1)]
