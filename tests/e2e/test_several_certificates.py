"""A token that came with a certificate of a Vietnamese CA, and got a DSC over the same key."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key
from cryptography.x509.oid import NameOID

from certificates.pki import fingerprint
from hsm.provisioning import store_certificate
from hsm.tokens import list_certificates
from tests.support.road import build_road
from tests.support.softhsm import GoldenToken, GoldenTokens, golden_tokens

__all__ = ["golden_tokens"]  # a fixture
FEW = 2


def commercial_certificate(token: GoldenToken) -> bytes:
    """As a Vietnamese CA would have issued it with the token."""
    with token.open_bare() as key:
        public = load_der_public_key(key.public_key_der)
    now = datetime.now(UTC)
    country = x509.NameAttribute(NameOID.COUNTRY_NAME, "VN")
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([country, x509.NameAttribute(NameOID.COMMON_NAME, "SPECIMEN Trạm Y tế xã Thử")]))
        .issuer_name(x509.Name([country, x509.NameAttribute(NameOID.COMMON_NAME, "SPECIMEN VN-CA")]))
        .public_key(public)  # type: ignore[arg-type]
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=300))
        .not_valid_after(now + timedelta(days=800))
    )
    return builder.sign(ec.generate_private_key(ec.SECP256R1()), SHA256()).public_bytes(Encoding.DER)


@pytest.fixture(scope="module")
def token(golden_tokens: GoldenTokens) -> tuple[GoldenToken, bytes, bytes]:
    """A token, the certificate that it came with, and its DSC."""
    made = golden_tokens.new_token("RSA")
    first = commercial_certificate(made)
    store_certificate(made.module, made.selector, lambda: made.pin, first)
    dsc = golden_tokens.new_dsc(made)
    store_certificate(made.module, made.selector, lambda: made.pin, dsc)
    stored = list_certificates(made.module, made.selector)
    assert {one.der for one in stored} == {first, dsc}  # neither destroyed the other
    assert len({one.id for one in stored}) == 1
    return made, first, dsc


@pytest.mark.parametrize(
    ("mode", "enrolled", "state"),
    [
        ("two-tier", "first", "confirmed"),
        ("station", "dsc", "issued"),
    ],
)
def test_the_certificate_that_the_centre_knows_is_found(
    tmp_path: Path,
    golden_tokens: GoldenTokens,
    token: tuple[GoldenToken, bytes, bytes],
    mode: str,
    enrolled: str,
    state: str,
) -> None:
    made, first, dsc = token
    known = first if enrolled == "first" else dsc
    station = replace(made, certificate_der=known)
    road = build_road(tmp_path, golden_tokens, mode, station, golden_tokens.ec, people=FEW)
    road.start()
    try:
        other = fingerprint(dsc if enrolled == "first" else first).hex()
        assert road.sign("station", "--certificate", other, expect=2)["error"] == "login-refused"
        assert road.sign("station")["counts"]["accepted"] == FEW
        assert road.states() == {state: FEW}
    finally:
        road.stop()
