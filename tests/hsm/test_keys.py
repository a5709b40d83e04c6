"""Keys on real (SoftHSM) tokens: found, proven, signing, and failing in words."""

import logging
import shutil
import traceback
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from pkcs11 import Mechanism

from hsm import errors
from hsm.keys import TokenKey, open_bare_key, open_key
from hsm.provisioning import generate_key, store_certificate
from hsm.sessions import Module, load
from hsm.tokens import TokenInfo, TokenSelector, list_certificates, list_tokens
from tests.support.softhsm import GoldenToken, GoldenTokens

CANARY = "CANARY7731PIN"


def assert_signs(key: TokenKey, message: bytes = b"a whole message") -> None:
    signature = key.sign(message)
    public = load_der_public_key(key.public_key_der)
    if isinstance(public, ec.EllipticCurvePublicKey):
        assert key.algorithm == "ES256"
        assert len(signature) == 64
        r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
        public.verify(encode_dss_signature(r, s), message, ec.ECDSA(SHA256()))
    else:
        assert isinstance(public, rsa.RSAPublicKey)
        assert key.algorithm == "PS256"
        assert len(signature) == 256
        public.verify(signature, message, padding.PSS(padding.MGF1(SHA256()), 32), SHA256())


def never() -> str:
    raise AssertionError("the PIN was asked for")


@pytest.mark.parametrize("name", ["ec", "rsa"])
def test_signs_with_both_algorithms(golden_tokens: GoldenTokens, name: str) -> None:
    token: GoldenToken = getattr(golden_tokens, name)
    with token.open(at=datetime.now(UTC)) as key:
        assert key.certificate_der == token.certificate_der
        for size in (0, 1, 55, 64, 4096):
            assert_signs(key, bytes(size))


@pytest.mark.parametrize(
    ("name", "offered"),
    [
        ("ec", {Mechanism.ECDSA}),
        ("rsa", {Mechanism.SHA256_RSA_PKCS_PSS}),
        ("rsa", {Mechanism.RSA_PKCS_PSS}),
        ("rsa", {Mechanism.RSA_X_509}),
    ],
)
def test_every_mechanism_that_the_token_has_gives_a_good_signature(
    golden_tokens: GoldenTokens, monkeypatch: pytest.MonkeyPatch, name: str, offered: set[Mechanism]
) -> None:
    monkeypatch.setattr(Module, "signing_mechanisms", lambda _self, _token: frozenset(offered))
    with getattr(golden_tokens, name).open() as key:
        assert key.mechanism == next(iter(offered)).name
        for number in range(5):
            assert_signs(key, b"message %d" % number)


def test_a_mechanism_that_is_listed_and_then_refused_gives_way_to_the_next(
    golden_tokens: GoldenTokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered = frozenset({Mechanism.ECDSA_SHA256, Mechanism.ECDSA})  # SoftHSM 2.6 has no ECDSA_SHA256
    monkeypatch.setattr(Module, "signing_mechanisms", lambda _self, _token: offered)
    with golden_tokens.ec.open() as key:
        assert key.mechanism == "ECDSA_SHA256"
        assert_signs(key)
        assert key.mechanism == "ECDSA"
        assert_signs(key)
    monkeypatch.setattr(Module, "signing_mechanisms", lambda _self, _token: frozenset({Mechanism.ECDSA_SHA256}))
    with golden_tokens.ec.open() as key, pytest.raises(errors.MechanismMissing, match="refuses"):
        key.sign(b"message")


def test_a_token_with_old_padding_only_is_refused(golden_tokens: GoldenTokens, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Module, "signing_mechanisms", lambda _self, _token: frozenset({Mechanism.RSA_PKCS}))
    with pytest.raises(errors.MechanismMissing, match=r"PKCS#1 v1\.5"):
        golden_tokens.rsa.open()


def test_a_token_is_found_by_label_and_by_certificate(golden_tokens: GoldenTokens) -> None:
    token = golden_tokens.ec
    (stored,) = list_certificates(token.module, token.selector)
    for selector in (TokenSelector(label=token.label), TokenSelector(fingerprint=stored.fingerprint)):
        with open_key(token.module, selector, lambda: token.pin) as key:
            assert key.token.serial == token.serial
            assert_signs(key)


def test_two_tokens_with_one_label_are_named_by_their_serials(golden_tokens: GoldenTokens) -> None:
    serials = {golden_tokens.new_token(label="twins").serial for _ in range(2)}
    with pytest.raises(errors.TokenAmbiguous) as caught:
        open_key(golden_tokens.module, TokenSelector(label="twins"), never)
    assert set(caught.value.serials) == serials
    assert all(serial in str(caught.value) for serial in serials)


def test_no_such_token(golden_tokens: GoldenTokens) -> None:
    with pytest.raises(errors.TokenNotFound, match="golden ec"):
        open_key(golden_tokens.module, TokenSelector(label="nowhere"), never)


def test_a_wrong_pin_is_tried_once_and_leaks_nowhere(
    golden_tokens: GoldenTokens, caplog: pytest.LogCaptureFixture
) -> None:
    asked = []

    def wrong() -> str:
        asked.append(1)
        return CANARY

    with caplog.at_level(logging.DEBUG), pytest.raises(errors.PinIncorrect) as caught:
        open_key(golden_tokens.module, golden_tokens.ec.selector, wrong)
    assert len(asked) == 1
    chain = "".join(traceback.format_exception(caught.value))
    shown = chain + caplog.text + repr(caught.value) + repr(caught.value.__cause__)
    assert CANARY not in shown.replace('CANARY = "CANARY7731PIN"', "")
    with golden_tokens.ec.open() as key:  # and the right one still works, asked for anew
        assert golden_tokens.ec.pin not in repr(key) + repr(vars(key))


@pytest.mark.parametrize("pin", ["", "mậtkhẩu1", "12\n34567", "１２３４５６"])
def test_a_pin_that_cannot_be_right_never_reaches_the_token(golden_tokens: GoldenTokens, pin: str) -> None:
    with pytest.raises(errors.PinForm):
        open_key(golden_tokens.module, golden_tokens.ec.selector, lambda: pin)


@pytest.mark.parametrize(
    ("flag", "error"),
    [("pin_locked", errors.PinLocked), ("pin_final_try", errors.PinFinalTry)],
)
def test_a_pin_that_is_locked_or_about_to_be_is_not_asked_for(
    golden_tokens: GoldenTokens, monkeypatch: pytest.MonkeyPatch, flag: str, error: type[errors.TokenError]
) -> None:
    plain = TokenInfo.of
    changes: dict[str, Any] = {flag: True}
    monkeypatch.setattr(TokenInfo, "of", lambda raw: replace(plain(raw), **changes))
    with pytest.raises(error):
        open_key(golden_tokens.module, golden_tokens.ec.selector, never)
    if error is errors.PinFinalTry:
        token = golden_tokens.ec
        open_key(token.module, token.selector, lambda: token.pin, allow_final_try=True).close()


def test_a_token_without_a_pin(golden_tokens: GoldenTokens, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = TokenInfo.of
    monkeypatch.setattr(TokenInfo, "of", lambda raw: replace(plain(raw), pin_set=False))
    with pytest.raises(errors.PinNotSet):
        open_key(golden_tokens.module, golden_tokens.ec.selector, never)


def test_key_and_certificate_of_different_tokens(golden_tokens: GoldenTokens) -> None:
    ec_token, rsa_token, other = golden_tokens.ec, golden_tokens.rsa, golden_tokens.csca
    for foreign in (rsa_token.certificate_der, other.certificate_der):
        with pytest.raises(errors.KeyMismatch):
            open_key(ec_token.module, ec_token.selector, lambda: ec_token.pin, certificate_der=foreign)
        with pytest.raises(errors.KeyMismatch):
            store_certificate(ec_token.module, ec_token.selector, lambda: ec_token.pin, foreign)


def test_a_certificate_that_is_not_on_the_token_may_be_given(golden_tokens: GoldenTokens) -> None:
    token = golden_tokens.new_token("EC")
    der = golden_tokens.new_dsc(token)
    with open_key(token.module, token.selector, lambda: token.pin, certificate_der=der) as key:
        assert key.certificate_der == der
        assert_signs(key)


def test_certificates_out_of_their_time_are_refused_before_the_pin(golden_tokens: GoldenTokens) -> None:
    token, der = golden_tokens.ec, golden_tokens.ec.certificate_der
    for at, error in (
        (datetime.now(UTC) + timedelta(days=800), errors.CertificateEnded),
        (datetime.now(UTC) - timedelta(days=2), errors.CertificateNotBegun),
    ):
        with pytest.raises(error):
            open_key(token.module, token.selector, never, certificate_der=der, at=at)
        with pytest.raises(error):
            token.open(at=at)


def test_what_is_no_certificate(golden_tokens: GoldenTokens) -> None:
    with pytest.raises(errors.CertificateForm):
        open_key(golden_tokens.module, golden_tokens.ec.selector, never, certificate_der=b"0\x03abc")


def test_empty_tokens_and_several_keys_and_certificates(golden_tokens: GoldenTokens) -> None:
    token = golden_tokens.new_token()
    with pytest.raises(errors.KeyNotFound):
        token.open()
    with pytest.raises(errors.KeyNotFound):
        token.open_bare()
    first = generate_key(token.module, token.selector, lambda: token.pin, "EC")
    with pytest.raises(errors.CertificateNotFound):
        token.open()
    with token.open_bare() as key, pytest.raises(errors.CertificateNotFound):
        _ = key.certificate_der
    ders = [golden_tokens.new_dsc(token) for _ in range(2)]
    for der in ders:
        store_certificate(token.module, token.selector, lambda: token.pin, der)
        store_certificate(token.module, token.selector, lambda: token.pin, der)  # changes nothing
    assert len(list_certificates(token.module, token.selector)) == 2
    with pytest.raises(errors.CertificateAmbiguous) as caught:
        token.open()
    assert len(caught.value.fingerprints) == 2
    for fingerprint in caught.value.fingerprints:
        selector = TokenSelector(serial=token.serial, fingerprint=bytes.fromhex(fingerprint))
        with open_key(token.module, selector, lambda: token.pin) as key:
            assert key.certificate_der in ders
    generate_key(token.module, token.selector, lambda: token.pin, "RSA")
    with pytest.raises(errors.KeyAmbiguous):
        token.open_bare()
    with open_bare_key(token.module, token.selector, lambda: token.pin, key_id=first.id) as key:
        assert key.public_key_der == first.public_key_der
        assert key.key_id == first.id


def test_a_token_that_shows_no_public_key_proves_itself_by_a_signature(
    golden_tokens: GoldenTokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hsm.objects._read_ec", lambda _key: None)
    with golden_tokens.ec.open() as key:
        assert_signs(key)
        key.reopen()
        assert_signs(key)
    token = golden_tokens.csca
    foreign = golden_tokens.ec.certificate_der
    with pytest.raises(errors.KeyMismatch):
        open_key(token.module, token.selector, lambda: token.pin, certificate_der=foreign)
    with pytest.raises(errors.KeyUnsuitable):
        token.open_bare()


def test_several_keys_at_once_and_one_after_another(golden_tokens: GoldenTokens) -> None:
    ec_token, rsa_token = golden_tokens.ec, golden_tokens.rsa
    first = ec_token.open()
    with open_key(ec_token.module, ec_token.selector, never) as second, rsa_token.open() as third:
        for key in (first, second, third):
            assert_signs(key)
    assert_signs(first)  # closing the others did not log this one out
    first.close()
    asked = []
    with open_key(ec_token.module, ec_token.selector, lambda: asked.append(1) or ec_token.pin) as key:  # type: ignore[func-returns-value]
        assert_signs(key)
    assert asked == [1]  # the last close logged out


def test_a_closed_key_refuses(golden_tokens: GoldenTokens) -> None:
    with golden_tokens.ec.open() as key:
        pass
    with pytest.raises(errors.TokenRemoved):
        key.sign(b"x")
    key.close()


def test_a_lost_session_is_an_unknown_outcome_and_reopens(golden_tokens: GoldenTokens) -> None:
    key = golden_tokens.rsa.open()
    key._opened.session.raw.close()
    with pytest.raises(errors.TokenRemoved) as caught:
        key.sign(b"x")
    assert caught.value.outcome_unknown
    with pytest.raises(errors.TokenRemoved):
        key.sign(b"x")
    key.reopen()
    assert_signs(key)
    key.close()


def test_a_token_pulled_out_and_put_back(golden_tokens: GoldenTokens, tmp_path: Path) -> None:
    token = golden_tokens.new_token("EC")
    der = golden_tokens.new_dsc(token)
    store_certificate(token.module, token.selector, lambda: token.pin, der)
    key = token.open()
    assert_signs(key)
    tokens = golden_tokens.directory / "tokens"
    shutil.move(tokens, tmp_path / "pulled")
    tokens.mkdir()
    load(token.module).restart()
    with pytest.raises(errors.TokenRemoved):
        key.sign(b"x")  # old handles are never used in the new life of the module
    with pytest.raises(errors.TokenNotFound):
        key.reopen()
    tokens.rmdir()
    shutil.move(tmp_path / "pulled", tokens)
    key.reopen()
    assert_signs(key)
    key.close()


def test_reopening_with_a_wrong_pin_stops_at_once(golden_tokens: GoldenTokens) -> None:
    token = golden_tokens.ec
    pins = [token.pin, CANARY]
    key = open_key(token.module, token.selector, lambda: pins.pop(0))
    with pytest.raises(errors.PinIncorrect):
        key.reopen()
    assert pins == []
    with pytest.raises(errors.TokenRemoved):
        key.sign(b"x")
    token.open().close()  # the token counts a wrong PIN until the next right one


def test_tokens_are_listed_without_a_pin(golden_tokens: GoldenTokens) -> None:
    tokens = {token.label: token for token in list_tokens(golden_tokens.module)}
    golden = tokens["golden rsa"]
    assert golden.serial == golden_tokens.rsa.serial
    assert golden.pin_set
    assert not golden.pin_locked
    assert any(not token.initialised for token in tokens.values())
