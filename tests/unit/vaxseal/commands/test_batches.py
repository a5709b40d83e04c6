"""`vaxseal lists batches` without a token: what comes from other countries. With one: tests/hsm/test_revocations.py."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from certificates.profiles import to_pem
from certificates.revocation.batches import RevocationBatch
from certificates.revocation.drafts import read_draft
from certificates.revocation.uploads import sign_batch
from certificates.trust_entries import TrustEntry
from tests.support.revocation import KID, UCI, hashes
from tests.support.softkeys import make_key
from tests.support.trust_lists import certify, make_root, signed
from tests.support.uploads import entry
from vaxseal.cli import app
from vaxseal.console import now

DAY = dt.timedelta(days=1)
GERMAN = make_key("ES256", country="DE", not_before=now() - 30 * DAY, not_after=now() + 700 * DAY)
UPLOADER = make_key("ES256", country="DE")
ANCHOR = make_key("ES256", country="EU")


class Desk:
    """The officer's folder with a trust list, on which one German signer stands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        root = make_root(now() - 300 * DAY)
        trusted = TrustEntry.of(GERMAN.certificate_der)
        self.trust = self.write(
            "trust.cbor", signed(trusted, key=certify(root, not_before=now() - 100 * DAY), at=now())
        )
        self.root = self.write("root.pem", to_pem(root.certificate_der).encode())
        self.anchor = self.write("anchor.der", ANCHOR.certificate_der)
        upload = entry(UPLOADER.certificate_der, ANCHOR, kind="UPLOAD", country="DE")
        self.uploaders = self.write("gateway.json", json.dumps([upload]).encode())
        self.out = folder / "draft.json"

    def write(self, name: str, content: bytes) -> Path:
        (self.folder / name).write_bytes(content)
        return self.folder / name

    def batch(self, name: str, key: Any = UPLOADER, **changes: Any) -> Path:
        given = {"country": "DE", "kid": GERMAN.certificate.kid, "expires_at": now() + 9 * DAY, "hash_type": UCI}
        entries = tuple(sorted(hashes(range(len(name)))))
        return self.write(name, sign_batch(RevocationBatch(**{"entries": entries, **given, **changes}), key))

    def read(self, *arguments: object, exit_code: int = 0) -> Any:
        words = [*arguments, "--trust", self.trust, "--root", self.root, "--out", self.out, "--json"]
        result = CliRunner().invoke(app, ["lists", "batches", "import", *map(str, words)])
        assert result.exit_code == exit_code, result.output
        return json.loads(result.stdout)

    def refused(self, *arguments: object) -> str:
        answer = self.read(*arguments, exit_code=2)
        assert not self.out.exists()
        return str(answer["error"])


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_batches_whose_uploader_the_anchor_signed(desk: Desk) -> None:
    files = desk.batch("a.cms"), desk.batch("bb.cms", kid=None), desk.batch("c.cms", expires_at=now() - DAY)
    told = desk.read(*files, "--uploaders", desk.uploaders, "--anchor", desk.anchor)
    assert (told["batches"], told["added"], told["removed"]) == (2, 11, 0)
    draft = read_draft(desk.out.read_bytes())
    assert set(draft.added_hashes) == {(GERMAN.certificate.kid, UCI), (b"DE", UCI)}
    assert draft.draft_id == told["id"]


def test_batches_whose_uploader_is_named(desk: Desk) -> None:
    name = UPLOADER.certificate.fingerprint.hex()
    assert desk.read(desk.batch("a.cms"), "--accept", name)["added"] == 5
    desk.out.unlink()
    assert desk.refused(desk.batch("a.cms")) == "import-unverified"
    assert desk.refused(desk.batch("a.cms"), "--uploaders", desk.uploaders) == "import-unverified"


def test_nobody_revokes_for_others(desk: Desk) -> None:
    stranger = make_key("ES256", country="FR")
    named = ("--accept", stranger.certificate.fingerprint.hex())
    assert desk.refused(desk.batch("a.cms", stranger), *named) == "batch-country"
    assert desk.refused(desk.batch("a.cms", stranger, country="FR"), *named) == "batch-country"
    assert desk.read(desk.batch("a.cms", stranger, country="FR", kid=KID), *named)["added"] == 5


def test_what_cannot_be_read(desk: Desk) -> None:
    assert desk.refused(desk.write("x.cms", b"{}")) == "cms-form"
    assert desk.refused(desk.folder / "none.cms") == "file"
    desk.out.touch()
    assert desk.read(desk.batch("a.cms"), exit_code=2)["error"] == "file-exists"


def test_a_draft_without_anything_to_export(desk: Desk) -> None:
    desk.read(desk.batch("a.cms", kid=None), "--accept", UPLOADER.certificate.fingerprint.hex())
    words = ["lists", "batches", "export", str(desk.out), "--out", str(desk.folder / "batches"), "--json"]
    result = CliRunner().invoke(app, words)
    assert (result.exit_code, json.loads(result.stdout)["error"]) == (1, "batches-none")
