import base64
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from certificates.cose import (
    CoseHeaders,
    CoseSign1,
    decode_cose_sign1,
    protected_header,
    read_headers,
    read_sig_structure,
    sig_structure,
)
from certificates.errors import CheckError, CheckReason
from certificates.pki import SigningCertificate, verify_signature
from tests.support.codes import certificate
from tests.support.fixtures import fixtures, read_json

KID = bytes(range(8))
PARTS = [protected_header("ES256", KID), {}, b"payload", bytes(64)]
BODY = cbor2.dumps(PARTS)


def refusal(data: bytes) -> str:
    with pytest.raises(CheckError) as caught:
        read_headers(decode_cose_sign1(data))
    assert caught.value.reason is CheckReason.COSE
    return caught.value.detail


def headers(protected: Any, unprotected: dict[Any, Any] | None = None) -> CoseHeaders:
    encoded = protected if isinstance(protected, bytes) else cbor2.dumps(protected)
    return read_headers(decode_cose_sign1(b"\xd2" + cbor2.dumps([encoded, unprotected or {}, b"", b""])))


def test_what_we_write_is_what_we_read() -> None:
    cose = CoseSign1(protected=protected_header("PS256", KID), payload=b"p", signature=b"s")
    encoded = cose.encode()
    assert encoded[:2] == b"\xd2\x84"
    assert decode_cose_sign1(encoded) == cose
    assert "payload" not in repr(cose)  # it holds a person's data
    assert read_headers(cose) == CoseHeaders(algorithm="PS256", kid=KID)


@pytest.mark.parametrize("tags", [b"", b"\xd2", b"\xd8\x3d\xd2"], ids=["untagged", "18", "61(18)"])
def test_three_wrappings_are_one_message(tags: bytes) -> None:
    assert decode_cose_sign1(tags + BODY).payload == b"payload"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xd2",
        b"\xd2\xd2" + BODY,  # tags twice, alone, in the wrong order, of other structures, in a longer form
        b"\xd8\x3d" + BODY,
        b"\xd2\xd8\x3d" + BODY,
        b"\xd8\x3d\xd8\x3d\xd2" + BODY,
        b"\xd9\xd9\xf7\xd2" + BODY,
        b"\xd1" + BODY,
        b"\xd8\x62" + BODY,
        b"\xd8\x12" + BODY,
        b"\xd2" + BODY + b"\x00",  # bytes after it
        b"\xd2" + BODY[:-1],
        b"\xd2" + cbor2.dumps(PARTS[:3]),
        b"\xd2" + cbor2.dumps([*PARTS, b""]),
        b"\xd2\x9f" + BODY[1:] + b"\xff",
        b"\xd2\x98\x04" + BODY[1:],
        b"\xd2" + cbor2.dumps({1: 2}),
        b"\xd2" + cbor2.dumps([{}, *PARTS[1:]]),  # parts of another type
        b"\xd2" + cbor2.dumps([PARTS[0], [], *PARTS[2:]]),
        b"\xd2" + cbor2.dumps([PARTS[0], None, *PARTS[2:]]),
        b"\xd2" + cbor2.dumps([*PARTS[:2], None, PARTS[3]]),
        b"\xd2" + cbor2.dumps([*PARTS[:2], "payload", PARTS[3]]),
        b"\xd2" + cbor2.dumps([*PARTS[:3], "s"]),
        b"\xd2" + cbor2.dumps([b"\xa1\x01\x26\x00", *PARTS[1:]]),  # headers
        b"\xd2" + cbor2.dumps([b"\xa2\x01\x26\x01\x26", *PARTS[1:]]),
        b"\xd2" + cbor2.dumps([b"\x80", *PARTS[1:]]),
        b"\xd2" + cbor2.dumps([b"\xff", *PARTS[1:]]),
    ],
    ids=lambda data: data[:8].hex(),
)
def test_anything_else_is_no_cose_sign1(data: bytes) -> None:
    refusal(data)


def test_longer_heads_of_byte_strings_are_read() -> None:
    longer = b"\x84\x58\x01\xa0\xa0\x59\x00\x01p\x5a\x00\x00\x00\x01s"
    assert decode_cose_sign1(longer) == CoseSign1(protected=b"", payload=b"p", signature=b"s")


def test_headers_are_bounded_before_anything_is_verified() -> None:
    room = 4096
    for size, fits in ((room - 7, True), (room - 6, False)):
        header = cbor2.dumps({1: -7, 3: bytes(size)})
        assert (len(header) <= room) is fits
        for data in (cbor2.dumps([header, {}, b"", b""]), cbor2.dumps([b"", {1: -7, 3: bytes(size)}, b"", b""])):
            if fits:
                assert read_headers(decode_cose_sign1(data)).algorithm == "ES256"
            else:
                refusal(data)


def test_the_protected_header_wins_right_or_wrong() -> None:
    other = bytes(8)
    assert headers({1: -7, 4: KID}, {1: -37, 4: other}) == CoseHeaders(algorithm="ES256", kid=KID)
    assert headers({1: -7}, {4: KID}).kid == KID
    assert headers(b"", {1: -7, 4: KID}) == CoseHeaders(algorithm="ES256", kid=KID)
    assert headers({4: KID}, {1: -37}).algorithm == "PS256"
    # a wrong one is not mended by the other header
    assert headers({1: -7, 4: b"foo"}, {4: KID}).kid is None
    with pytest.raises(CheckError, match="neither ES256 nor PS256"):
        headers({1: -257, 4: KID}, {1: -7})


@pytest.mark.parametrize("kid", [b"", KID[:7], KID + b"\x00", "12345678", 8, None, [KID]])
def test_a_kid_is_a_byte_string_of_8(kid: Any) -> None:
    assert headers({1: -7, 4: kid}).kid is None
    assert headers({1: -7}, {4: kid}).kid is None


@pytest.mark.parametrize("alg", [-8, -35, -38, -257, -259, 0, 1, "ES256", None, -7.0, True, b"", [-7], 2**63])
def test_other_algorithms_are_refused(alg: Any) -> None:
    for header, unprotected in (({1: alg, 4: KID}, {}), ({4: KID}, {1: alg})):
        with pytest.raises(CheckError) as caught:
            headers(header, unprotected)
        assert caught.value.reason is CheckReason.COSE


def test_no_algorithm_at_all_is_refused() -> None:
    with pytest.raises(CheckError, match="neither ES256 nor PS256"):
        headers({4: KID})


@pytest.mark.parametrize("crit", [[5], [4, 99], [], None, 4, "alg", ["alg"], [True], [-7], [[4]], {4: 4}])
def test_a_crit_that_is_not_understood_is_refused(crit: Any) -> None:
    with pytest.raises(CheckError, match="crit"):
        headers({1: -7, 4: KID, 2: crit, 99: 1})


def test_a_crit_of_known_headers_is_met_and_never_stands_outside() -> None:
    assert headers({1: -7, 4: KID, 2: [1, 4]}).kid == KID
    with pytest.raises(CheckError, match="crit"):  # it names a header that is not there
        headers({1: -7, 2: [4]}, {4: KID})
    with pytest.raises(CheckError, match="outside"):
        headers({1: -7, 4: KID}, {2: [4]})


def test_other_headers_are_passed_over() -> None:
    assert headers({1: -7, 3: 0, 4: KID, "x": [1, {2: 3}]}, {33: b"certificate"}).kid == KID


def test_an_empty_map_is_signed_as_an_empty_string() -> None:
    cose = decode_cose_sign1(cbor2.dumps([b"\xa0", {1: -7, 4: KID}, b"", b""]))
    assert cose.protected == b""
    assert sig_structure(b"", b"p", b"").hex() == "846a5369676e61747572653140404170"


SIGN1 = {
    "sign1-tests/sign-pass-01": True,
    "sign1-tests/sign-pass-02": True,
    "sign1-tests/sign-pass-03": True,
    "sign1-tests/sign-fail-01": False,
    "sign1-tests/sign-fail-02": False,
    "sign1-tests/sign-fail-03": False,
    "sign1-tests/sign-fail-04": False,
    "sign1-tests/sign-fail-06": False,
    "sign1-tests/sign-fail-07": False,
    "RFC8152/Appendix_C_2_1": True,
    "CWT/A_3": True,
    "ecdsa-examples/ecdsa-sig-01": True,
    "ecdsa-examples/ecdsa-sig-02": False,  # ES384 and ES512: sound, but not for a DCC
    "ecdsa-examples/ecdsa-sig-03": False,
    "ecdsa-examples/ecdsa-sig-04": False,
}


@pytest.mark.parametrize(("name", "sound"), SIGN1.items())
def test_public_examples(name: str, sound: bool) -> None:
    example = read_json(f"cose/{name}.json")
    spec = example["input"]["sign0"]
    x, y = (_number(spec["key"], axis) for axis in "xy")
    key = ec.EllipticCurvePublicNumbers(x, y, _CURVES[spec["key"]["crv"]]).public_key()
    try:
        cose = decode_cose_sign1(bytes.fromhex(example["output"]["cbor"]))
        algorithm = read_headers(cose).algorithm
    except CheckError:
        assert not sound
        return
    signer = SigningCertificate.from_der(certificate(key))
    message = sig_structure(cose.protected, cose.payload, bytes.fromhex(spec.get("external", "")))
    if sound:
        assert message == bytes.fromhex(example["intermediates"]["ToBeSign_hex"])
    assert (algorithm == signer.algorithm and verify_signature(signer, message, cose.signature)) is sound


def test_public_examples_of_other_structures_are_refused() -> None:
    folder = fixtures("COSE examples") / "cose"
    names = [f"cose/{path.relative_to(folder).with_suffix('')}" for path in sorted(folder.glob("*/*.json"))]
    others = [name for name in names if name.removeprefix("cose/") not in SIGN1]
    assert others
    for name in others:
        refusal(bytes.fromhex(read_json(f"{name}.json")["output"]["cbor"]))


_CURVES = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}


def _number(key: dict[str, str], axis: str) -> int:
    if f"{axis}_hex" in key:
        return int(key[f"{axis}_hex"], 16)
    return int.from_bytes(base64.urlsafe_b64decode(key[axis] + "=="))


def test_a_sig_structure_is_read_as_it_was_written() -> None:
    message = sig_structure(b"\xa1\x01\x26", b"p" * 400, b"purpose")
    assert read_sig_structure(message, b"purpose") == (b"\xa1\x01\x26", b"p" * 400)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        sig_structure(b"", b"p", b"other"),
        sig_structure(b"", b"p", b"purpose") + b"x",
        sig_structure(b"", b"p", b"purpose")[:-1],
        b"\x84\x6aSignature2" + sig_structure(b"", b"p", b"purpose")[12:],
    ],
)
def test_what_is_no_sig_structure_of_the_purpose(message: bytes) -> None:
    with pytest.raises(CheckError) as refused:
        read_sig_structure(message, b"purpose")
    assert refused.value.reason is CheckReason.COSE


def test_a_long_unprotected_header_has_no_keys_that_collide() -> None:
    """Keys that are lists may share their hashes: reading many takes the square of their number."""
    colliding = {(-1, *(-1 - (number >> bit & 1) for bit in range(8))): 0 for number in range(256)}
    parts = cbor2.dumps([PARTS[0], colliding, bytes(2000), bytes(64)])
    assert "unprotected" in refusal(b"\xd2" + parts)
