"""A checker's bundle by the commands alone: signed by a real token, served by a plain web server, fetched, checked."""

import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from certificates.checking import check_text
from certificates.hc1 import decode_hc1
from certificates.pki import SigningCertificate
from certificates.revocation.drafts import RevocationDraft, gather_groups, write_draft
from certificates.revocation.hashes import HashType, hashes_of
from certificates.trust import TrustStore
from tests.support.ministry import Ministry, Token, passport
from tests.support.softhsm import GoldenToken, GoldenTokens
from vaxseal.console import now


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Nothing on the screen."""


@pytest.fixture
def ministry(golden_tokens: GoldenTokens, tmp_path: Path) -> Ministry:
    return Ministry(tmp_path, golden_tokens)


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Of a plain web server over the ministry's folder."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/public"
        server.shutdown()


def revoking(token: GoldenToken, text: str) -> bytes:
    """A draft that revokes a passport by its certificate code."""
    certificate = SigningCertificate.from_der(token.certificate_der)
    checked = check_text(text, TrustStore.of([certificate.der]), now())
    [entry] = hashes_of(checked, HashType.UCI)
    added = gather_groups([(certificate.kid, HashType.UCI, entry, checked.expires_at)])
    return write_draft(RevocationDraft(draft_id="1", made_at=now(), added=added, removed=()))


class Officer:
    """Signs bundles into the folder ``public``."""

    def __init__(self, ministry: Ministry, dsc: GoldenToken) -> None:
        self.ministry = ministry
        self.signer: Token = ministry.list_signer("lists", ministry.found_root("root"))
        self.root = ("--root", ministry.path("root.pem"))
        self.draft = ministry.path("draft.json")
        dsc_file = ministry.write("dsc.pem", dsc.certificate_der)
        ministry.done("lists", "build", dsc_file, "--csca", ministry.csca, "--out", self.draft)

    def sign(self, *drafts: str) -> Any:
        arguments = ("lists", "sign", *drafts, *self.root, "--bundle", self.ministry.path("public"))
        return self.ministry.done(*arguments, "--token", self.signer.serial, pins=(self.signer.pin,))

    def fetch(self, source: str) -> Any:
        own = ("--bundle", self.ministry.path("own"))
        return self.ministry.done("lists", "fetch", source, *self.root, *own, *self.ministry.state)

    def reason(self, text: str, *more: str) -> str | None:
        own = ("--bundle", self.ministry.path("own"))
        answer = json.loads(self.ministry.run("check", text, *self.root, *own, *self.ministry.state, *more).stdout)
        return answer["reason"] and str(answer["reason"])


def test_from_the_officers_token_to_a_checker_far_away(
    golden_tokens: GoldenTokens, ministry: Ministry, address: str
) -> None:
    officer, text = Officer(ministry, golden_tokens.ec), passport(golden_tokens.ec)
    assert decode_hc1(text)
    first = officer.sign(officer.draft, "--rules", "default")
    assert (first["version"], len(first["entries"]), first["countries"]) == (1, 1, ["VN"])
    whole = officer.fetch(address)
    assert (whole["version"], whole["revoked"]) == (1, 0)
    assert officer.reason(text) is None
    assert officer.reason(text, "--policy", "border") in (None, "RULE")

    (draft := Path(ministry.path("revoked.json"))).write_bytes(revoking(golden_tokens.ec, text))
    assert officer.sign(str(draft))["revoked"] == 1
    little = officer.fetch(address)
    assert (little["version"], little["revoked"]) == (2, 1)
    assert little["fetched_bytes"] < 0.3 * whole["fetched_bytes"]
    assert officer.reason(text) == "REVOKED"

    assert officer.sign()["version"] == 3  # renewed, nothing changed
    assert officer.fetch(ministry.path("public"))["fetched_bytes"] < 2000  # by a stick
    shown = ministry.done("lists", "show", ministry.path("own"), *officer.root)
    assert (shown["version"], shown["revoked"], shown["problem"]) == (3, 1, None)
    assert officer.sign("--anew")["version"] == 4
    assert officer.fetch(address)["fetched_bytes"] > 3000  # every part is another one
    assert officer.reason(text) == "REVOKED"

    build = ("lists", "build", ministry.path("public"), *officer.root, "--out", ministry.path("next.json"))
    assert ministry.done(*build)["entries"] == 1
    without = ("--without", SigningCertificate.from_der(golden_tokens.ec.certificate_der).fingerprint.hex())
    (tmp := Path(ministry.path("next.json"))).unlink()
    assert ministry.refused(*build, *without) == "list-empty"
    assert not tmp.exists()


def test_what_is_fetched_never_goes_back(golden_tokens: GoldenTokens, ministry: Ministry, address: str) -> None:
    officer = Officer(ministry, golden_tokens.ec)
    officer.sign(officer.draft)
    manifest = Path(ministry.path("public")) / "bundle.cbor"
    old = manifest.read_bytes()
    officer.sign()
    officer.fetch(address)
    manifest.write_bytes(old)
    fetch = ("lists", "fetch", address, *officer.root, "--bundle", ministry.path("own"), *ministry.state)
    result = ministry.run(*fetch)
    assert (result.exit_code, json.loads(result.stdout)["error"]) == (1, "list-rollback")
    manifest.write_bytes(old[:-1])
    assert json.loads(ministry.run(*fetch).stdout)["error"] == "list-form"
    manifest.unlink()
    assert ministry.refused(*fetch) == "lists-unreachable"
    assert ministry.refused("lists", "fetch", "/nowhere", *fetch[3:]) == "list-missing"
    assert ministry.done("lists", "show", ministry.path("own"), *officer.root)["version"] == 2


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((), "sign-output"),
        (("--bundle", "b", "--out", "o"), "sign-output"),
        (("--bundle", "b", "--after", "a"), "after-bundle"),
        (("--out", "o"), "draft-one"),
        (("draft.json", "--out", "o", "--rules", "default"), "draft-one"),
        (("draft.json", "--out", "o", "--anew"), "draft-one"),
    ],
)
def test_wrong_use(ministry: Ministry, arguments: tuple[str, ...], error: str) -> None:
    assert ministry.refused("lists", "sign", "--root", ministry.csca, *arguments) == error


def test_drafts_that_cannot_be_signed(golden_tokens: GoldenTokens, ministry: Ministry) -> None:
    officer = Officer(ministry, golden_tokens.ec)
    sign = ("lists", "sign", *officer.root, "--bundle", ministry.path("public"), "--token", officer.signer.serial)
    assert ministry.refused(*sign, pins=(officer.signer.pin,)) == "list-empty"
    assert ministry.refused(*sign, officer.draft, officer.draft) == "draft-twice"
    assert ministry.refused(*sign, ministry.path("nowhere.json")) == "file"
    assert ministry.refused(*sign, officer.draft, "--rules", ministry.path("draft.json")) == "rules-none"
    assert not Path(ministry.path("public")).joinpath("bundle.cbor").exists()
