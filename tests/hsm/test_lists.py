"""Trust lists by the commands alone, on real tokens: root, list signers, build, sign, check, rotation, rollback."""

import hashlib
from pathlib import Path

import pytest

from tests.support.ministry import Ministry, passport
from tests.support.softhsm import GoldenTokens


@pytest.fixture
def ministry(golden_tokens: GoldenTokens, tmp_path: Path) -> Ministry:
    return Ministry(tmp_path, golden_tokens)


def test_from_blank_tokens_to_a_verdict_with_rotation_and_rollback(
    golden_tokens: GoldenTokens, ministry: Ministry
) -> None:
    dsc = ministry.write("dsc.pem", golden_tokens.ec.certificate_der)
    text = passport(golden_tokens.ec)
    root = ministry.found_root("root")
    signer = ministry.list_signer("lists", root)
    draft = ministry.path("draft.json")
    assert ministry.done("lists", "build", dsc, "--csca", ministry.csca, "--out", draft)["entries"] == 1
    first = ministry.sign(1, signer, "root")
    assert ministry.check(text, first, "root") is None
    shown = ministry.done("lists", "show", first, "--root", ministry.path("root.pem"))
    assert (shown["version"], shown["entries"][0]["usage"], shown["problem"]) == (1, "v", None)

    second = ministry.sign(2, ministry.list_signer("lists2", root, "rsa"), "root", after=1)  # a new list signer
    assert ministry.check(text, second, "root") is None
    assert ministry.check(text, first, "root") == "TRUST list-rollback"

    other = ministry.list_signer("lists3", ministry.found_root("root2"))  # a new root
    third = ministry.sign(3, other, "root root2", after=2)
    assert ministry.check(text, third, "root") == "TRUST list-chain"
    assert ministry.check(text, third, "root", "root2") is None
    assert ministry.check(text, third, "root2") is None
    assert ministry.check(text, second, "root2") == "TRUST list-chain"


def test_a_dsc_signs_no_list_and_a_list_never_leaves_that_its_readers_refuse(
    golden_tokens: GoldenTokens, ministry: Ministry
) -> None:
    dsc = ministry.write("dsc.pem", golden_tokens.ec.certificate_der)
    draft, out = ministry.path("draft.json"), ministry.path("trust.cbor")
    ministry.done("lists", "build", dsc, "--csca", ministry.csca, "--out", draft)
    signing = ("lists", "sign", draft, "--root", ministry.csca, "--out", out, "--token")
    assert ministry.refused(*signing, golden_tokens.ec.serial, pins=(golden_tokens.ec.pin,)) == "list-signer-usage"
    signer = ministry.list_signer("lists", ministry.found_root("root"))
    assert ministry.refused(*signing, signer.serial, pins=(signer.pin,)) == "list-chain"
    assert not Path(out).exists()


def test_what_is_exported_comes_back_by_its_uploader(golden_tokens: GoldenTokens, ministry: Ministry) -> None:
    dsc = ministry.write("dsc.pem", golden_tokens.ec.certificate_der)
    signer = ministry.list_signer("lists", ministry.found_root("root"))
    ministry.done("lists", "build", dsc, "--csca", ministry.csca, "--out", ministry.path("draft.json"))
    signed, exported = ministry.sign(1, signer, "root"), ministry.path("gateway.json")
    uploader = golden_tokens.rsa
    export = ("lists", "export", signed, "--root", ministry.path("root.pem"), "--country", "VN", "--out", exported)
    assert ministry.done(*export, "--token", uploader.serial, pins=(uploader.pin,))["entries"] == 1
    build = ("lists", "build", exported, "--out", ministry.path("again.json"))
    assert ministry.refused(*build) == "import-unverified"
    named = hashlib.sha256(uploader.certificate_der).hexdigest()
    assert ministry.done(*build, "--accept", named)["entries"] == 1


def test_a_list_signer_signs_no_passports(golden_tokens: GoldenTokens, ministry: Ministry) -> None:
    signer = ministry.list_signer("lists", ministry.found_root("root"))
    build = ("lists", "build", ministry.path("lists.pem"), "--csca", ministry.path("root.pem"))
    assert ministry.refused(*build, "--out", ministry.path("draft.json")) == "entry-usage"
    issue = ("ca", "issue", ministry.path("lists.csr"), "--list-signer", "--any-use", "--out", ministry.path("x.pem"))
    assert ministry.refused(*issue, "--token", signer.serial, pins=(signer.pin,)) == "usage"
