"""`vaxseal lists` without a token: sources, drafts, what is shown. With tokens: tests/hsm/test_lists.py."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from certificates.pki import SigningCertificate
from certificates.profiles import to_pem
from certificates.trust_entries import TrustEntry, read_draft
from tests.support.softkeys import make_key
from tests.support.trust_lists import DSC, certify, make_root, signed
from tests.support.uploads import entry
from vaxseal.cli import app
from vaxseal.console import now

DAY = dt.timedelta(days=1)
ROOT = make_root(now() - 300 * DAY)
LIST_KEY = certify(ROOT, not_before=now() - 100 * DAY)
GERMAN = make_key("ES256", country="DE")


class Desk:
    """The officer's folder of files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = self.write("root.pem", to_pem(ROOT.certificate_der).encode())
        self.csca = self.write("csca.pem", to_pem(DSC.ca_der).encode())
        self.dsc = self.write("dsc.pem", to_pem(DSC.certificate_der).encode())
        self.draft = folder / "draft.json"

    def write(self, name: str, content: bytes) -> Path:
        (self.folder / name).write_bytes(content)
        return self.folder / name

    def run(self, *arguments: object) -> Result:
        return CliRunner().invoke(app, ["lists", *map(str, arguments)])

    def build(self, *arguments: object) -> tuple[TrustEntry, ...]:
        self.draft.unlink(missing_ok=True)
        result = self.run("build", *arguments, "--out", self.draft, "--json")
        assert result.exit_code == 0, result.output
        entries = read_draft(self.draft.read_bytes())
        assert json.loads(result.stdout) == {"draft": str(self.draft), "entries": len(entries)}
        return entries

    def refused(self, *arguments: object) -> str:
        result = self.run(*arguments, "--json")
        assert result.exit_code == 2, result.output
        return str(json.loads(result.stdout)["error"])

    def refused_build(self, *arguments: object) -> str:
        code = self.refused("build", *arguments, "--out", self.draft)
        assert not self.draft.exists()
        return code


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_certificates_enter_when_somebody_vouches_for_them(desk: Desk) -> None:
    assert desk.build(desk.dsc, "--csca", desk.csca)[0].certificate == DSC.certificate
    assert desk.build(desk.dsc, "--accept", DSC.certificate.fingerprint.hex(":"))
    desk.draft.unlink()
    assert desk.refused_build(desk.dsc) == "import-unverified"
    assert desk.refused_build(desk.dsc, desk.csca, "--csca", desk.root) == "import-unverified"


def test_a_folder(desk: Desk) -> None:
    folder = desk.folder / "dscs"
    folder.mkdir()
    desk.write("dscs/one.crt", DSC.certificate_der)
    desk.write("dscs/csca.der", DSC.ca_der)
    desk.write("dscs/gateway.json", json.dumps([entry(GERMAN.certificate_der, GERMAN, country="DE")]).encode())
    desk.write("dscs/notes.txt", b"nothing")
    named = GERMAN.certificate.fingerprint.hex()
    entries = desk.build(
        folder, "--csca", desk.csca, "--accept", named, "--usage", "v", "--use-from", "2022-05-01T00:00:00Z"
    )
    assert [one.country for one in entries] == ["DE", "VN"]
    assert {(one.usage, one.use_from.month) for one in entries} == {("v", 5)}


def test_the_gateways_list(desk: Desk) -> None:
    anchor, uploader = make_key("ES256"), make_key("ES256")
    upload = entry(uploader.certificate_der, anchor, kind="UPLOAD")
    source = desk.write("gateway.json", json.dumps([entry(DSC.certificate_der, uploader), upload]).encode())
    pinned = desk.write("anchor.der", anchor.certificate_der)
    assert desk.build(source, "--anchor", pinned)[0].country == "VN"
    assert desk.build(source, "--accept", uploader.certificate.fingerprint.hex())
    desk.draft.unlink()
    assert desk.refused_build(source, "--csca", desk.csca) == "import-unverified"


def test_what_nobody_vouches_for_or_no_list_can_hold_is_left_out_by_name(desk: Desk) -> None:
    odd = make_key("ES256", country="XX")
    others = [entry(GERMAN.certificate_der, GERMAN, country="DE"), entry(odd.certificate_der, GERMAN, country="XX")]
    source = desk.write("gateway.json", json.dumps(others).encode())
    names = [key.certificate.fingerprint.hex() for key in (GERMAN, odd)]
    result = desk.run("build", source, "--accept", names[0], "--accept", names[1], "--out", desk.draft, "--json")
    assert json.loads(result.stdout)["error"] == "entry-country"
    assert names[1] in json.loads(result.stdout)["detail"]
    (german,) = desk.build(source, "--accept", names[0], "--without", names[1])
    assert german.country == "DE"
    (ours,) = desk.build(source, desk.dsc, "--csca", desk.csca, "--without", names[0], "--without", names[1])
    assert ours.country == "VN"
    assert desk.build(desk.dsc, source, "--csca", desk.csca, "--accept", names[0], "--without", names[1])
    desk.draft.unlink()
    odd_file = desk.write("odd.der", odd.certificate_der)
    assert desk.refused_build(odd_file, "--without", names[1]) == "list-empty"


def test_a_signed_list_is_built_upon(desk: Desk) -> None:
    narrow = TrustEntry.of(DSC.certificate_der, kinds=frozenset("v"))
    before = desk.write("before.cbor", signed(narrow, key=LIST_KEY, at=now() - 60 * DAY))
    german = desk.write("german.der", GERMAN.certificate_der)
    named = GERMAN.certificate.fingerprint.hex()
    entries = desk.build(before, german, desk.dsc, "--root", desk.root, "--csca", desk.csca, "--accept", named)
    assert [(one.country, one.usage) for one in entries] == [("DE", "vtr"), ("VN", "v")]
    (left,) = desk.build(
        before, german, "--root", desk.root, "--accept", named, "--without", DSC.certificate.fingerprint.hex()
    )
    assert left.country == "DE"
    desk.draft.unlink()
    assert desk.refused_build(before) == "list-chain"


def test_what_cannot_be_built(desk: Desk) -> None:
    named = DSC.certificate.fingerprint.hex()
    assert desk.refused_build(desk.dsc, "--accept", named, "--without", named) == "list-empty"
    assert desk.refused_build(desk.csca) == "list-empty"
    assert desk.refused_build(desk.dsc, "--usage", "x") == "usage-form"
    assert desk.refused_build(desk.dsc, "--usage", "") == "usage-form"
    assert desk.refused_build(desk.dsc, "--use-from", "tomorrow") == "time-form"
    assert desk.refused_build(desk.dsc, "--accept", "abc") == "fingerprint-form"
    assert desk.refused_build(desk.dsc, "--accept", named[:-2]) == "fingerprint-form"
    assert desk.refused_build(desk.folder / "none") == "trust-missing"
    assert desk.refused_build(desk.write("x.json", b"{}")) == "gateway-form"
    assert desk.refused_build(desk.write("x.pem", b"text")) == "certificate-form"
    signer = desk.write("signer.der", LIST_KEY.certificate_der)
    assert desk.refused_build(signer, "--csca", desk.root) == "entry-usage"
    desk.draft.touch()
    assert desk.refused("build", desk.dsc, "--out", desk.draft) == "file-exists"


def shown(desk: Desk, data: bytes, exit_code: int = 0) -> Any:
    path = desk.write("list.cbor", data)
    result = desk.run("show", path, "--root", desk.root, "--json")
    assert result.exit_code == exit_code, result.output
    return json.loads(result.stdout)


def test_a_list_is_shown(desk: Desk) -> None:
    data = signed(key=LIST_KEY, version=12, at=now() - dt.timedelta(hours=30))
    found = shown(desk, data)
    assert (found["version"], found["age_hours"], found["problem"]) == (12, 30, None)
    assert found["entries"][0]["fingerprint"] == DSC.certificate.fingerprint.hex()
    assert "certificate" not in found["entries"][0]
    plain = desk.run("show", desk.folder / "list.cbor", "--root", desk.root)
    assert "Version 12, 30 hours old" in plain.stdout
    assert SigningCertificate.from_der(DSC.certificate_der).kid.hex() in plain.stdout


def test_a_list_that_is_no_longer_in_force_is_shown_and_is_a_no(desk: Desk) -> None:
    assert shown(desk, signed(key=LIST_KEY, at=now() - 8 * DAY), exit_code=1)["problem"] == "list-expired"
    old = signed(key=LIST_KEY, at=now() - 8 * DAY, lasting=30 * DAY)
    assert shown(desk, old, exit_code=1)["problem"] == "list-age"
    assert "8 days old" in desk.run("show", desk.folder / "list.cbor", "--root", desk.root).stdout
    stranger = signed(key=certify(make_root(now() - 9 * DAY), not_before=now() - DAY), at=now())
    assert desk.refused("show", desk.write("x.cbor", stranger), "--root", desk.root) == "list-chain"


def test_nothing_is_signed_or_exported_before_everything_fits(desk: Desk) -> None:
    """Each ends before a token is looked for."""
    target = desk.folder / "out"
    signing = ("--root", desk.root, "--out", target)
    assert desk.refused("sign", desk.write("x.json", b"[]"), *signing) == "draft-form"
    desk.build(desk.dsc, "--csca", desk.csca)
    assert desk.refused("sign", desk.draft, *signing, "--after", desk.dsc) == "list-form"
    assert desk.refused("sign", desk.draft, "--root", desk.root, "--out", desk.draft) == "file-exists"
    data = desk.write("list.cbor", signed(key=LIST_KEY, at=now()))
    assert desk.refused("export", data, *signing, "--country", "FR") == "list-empty"
    assert not target.exists()
