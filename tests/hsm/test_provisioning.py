"""Making tokens ready: what is written on them, and what is refused."""

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from pkcs11 import Attribute, ObjectClass

from hsm import errors
from hsm.keys import open_key
from hsm.pins import log_in
from hsm.provisioning import KeyKind, change_pin, generate_key, init_token, random_pin
from hsm.requests import RequestSubject, make_csr
from hsm.sessions import Module, load
from hsm.tokens import find_token, objects_of, read
from tests.support.softhsm import GoldenTokens

SUBJECT = RequestSubject(common_name="Trạm Y tế", organisation="Trạm Y tế xã Bình An", unit_code="T0101")


@pytest.mark.parametrize("kind", ["EC", "RSA"])
def test_a_new_key_stays_on_its_token_and_only_signs(golden_tokens: GoldenTokens, kind: KeyKind) -> None:
    token = golden_tokens.new_token(kind)
    module = load(token.module)
    session = log_in(module, find_token(module, token.selector), lambda: token.pin)
    try:
        (key,) = objects_of(session, ObjectClass.PRIVATE_KEY)
        assert read(key, Attribute.SENSITIVE) is True
        assert read(key, Attribute.EXTRACTABLE) is False
        assert read(key, Attribute.NEVER_EXTRACTABLE) is True
        assert read(key, Attribute.SIGN) is True
        assert read(key, Attribute.PRIVATE) is True
        for use in (Attribute.DECRYPT, Attribute.UNWRAP, Attribute.DERIVE):
            assert not read(key, use)
        secret = Attribute.VALUE if kind == "EC" else Attribute.PRIVATE_EXPONENT
        assert read(key, secret) is None
    finally:
        session.close()


@pytest.mark.parametrize("kind", ["EC", "RSA"])
def test_a_request_proves_possession(golden_tokens: GoldenTokens, kind: KeyKind) -> None:
    with golden_tokens.new_token(kind).open_bare() as key:
        der = make_csr(key, SUBJECT)
    request = x509.load_der_x509_csr(der)
    assert request.is_signature_valid
    assert request.subject.rfc4514_string() == "CN=Trạm Y tế,OU=T0101,O=Trạm Y tế xã Bình An,C=VN"
    public = request.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        pss = padding.PSS(padding.MGF1(SHA256()), 32)
        public.verify(request.signature, request.tbs_certrequest_bytes, pss, SHA256())
        with pytest.raises(InvalidSignature):
            public.verify(request.signature, request.tbs_certrequest_bytes, padding.PKCS1v15(), SHA256())
    else:
        assert isinstance(public, ec.EllipticCurvePublicKey)
        public.verify(request.signature, request.tbs_certrequest_bytes, ec.ECDSA(SHA256()))


def test_a_pin_is_changed_once(golden_tokens: GoldenTokens) -> None:
    token, new = golden_tokens.new_token("EC"), random_pin()
    asked: list[str] = []

    def wrong() -> str:
        asked.append("old")
        return random_pin()

    with pytest.raises(errors.PinIncorrect):
        change_pin(token.module, token.selector, wrong, lambda: new)
    assert asked == ["old"]
    for weak in ("12345678", "1111111", "short", "mậtkhẩumới", "Password1", "x" * 33):
        with pytest.raises(errors.PinForm):
            change_pin(token.module, token.selector, wrong, lambda weak=weak: weak)  # type: ignore[misc]
    change_pin(token.module, token.selector, lambda: token.pin, lambda: new)
    with pytest.raises(errors.PinIncorrect):
        token.open_bare()
    generate_key(token.module, token.selector, lambda: new, "EC")


def test_factory_pins_are_refused_before_a_token_is_touched(golden_tokens: GoldenTokens) -> None:
    good = random_pin()
    for pin, so_pin in (("12345678", good), (good, "12345678"), ("", good)):
        with pytest.raises(errors.PinForm):
            init_token(golden_tokens.module, label="never", so_pin=so_pin, pin=pin)
    assert all(token.label != "never" for token in load(golden_tokens.module).tokens())


@pytest.mark.parametrize("label", ["", "x" * 33, "Trạm Y tế xã Bình An Thượng"])
def test_labels_that_do_not_fit(golden_tokens: GoldenTokens, label: str) -> None:
    with pytest.raises(errors.LabelForm):
        init_token(golden_tokens.module, label=label, so_pin=random_pin(), pin=random_pin())


def test_a_token_in_use_is_never_overwritten(golden_tokens: GoldenTokens, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Module.tokens
    used = {golden_tokens.ec.serial.encode()}
    monkeypatch.setattr(Module, "tokens", lambda self: [token for token in whole(self) if token.serial in used])
    with pytest.raises(errors.TokenNotFound, match="never overwritten"):
        init_token(golden_tokens.module, label="other", so_pin=random_pin(), pin=random_pin())


def test_two_blank_tokens_are_not_told_apart(golden_tokens: GoldenTokens, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Module.tokens
    monkeypatch.setattr(Module, "tokens", lambda self: whole(self) * 2)
    with pytest.raises(errors.TokenAmbiguous, match="leave one"):
        init_token(golden_tokens.module, label="other", so_pin=random_pin(), pin=random_pin())


def test_a_forked_process_is_refused(golden_tokens: GoldenTokens, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hsm.sessions.os.getpid", lambda: -1)
    with pytest.raises(errors.TokenFault, match="fork"):
        load(golden_tokens.module)


def test_the_pin_spy_is_refused(golden_tokens: GoldenTokens, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PKCS11SPY", "/usr/lib/softhsm/libsofthsm2.so")
    with pytest.raises(errors.ModuleRefused):
        open_key(golden_tokens.module, golden_tokens.ec.selector, lambda: golden_tokens.ec.pin)


def test_what_is_no_module(tmp_path: Path) -> None:
    with pytest.raises(errors.ModuleNotFound):
        load(tmp_path / "none.so")
    text = tmp_path / "text.so"
    text.write_text("no library")
    with pytest.raises(errors.ModuleNotLoaded):
        load(text)
    spy = tmp_path / "pkcs11-spy.so"
    spy.write_bytes(b"")
    with pytest.raises(errors.ModuleRefused):
        load(spy)
