"""The codec is compared with asn1crypto, an independent one."""

from typing import Any

import pytest
from asn1crypto import core as asn1_core
from hypothesis import given
from hypothesis import strategies as st

from certificates.pdf import der
from certificates.pdf.der import DerError

core: Any = asn1_core  # its calls have no types


@given(st.integers(min_value=0, max_value=2**300))
def test_integers(value: int) -> None:
    encoded = der.encode_integer(value)
    assert encoded == core.Integer(value).dump()
    assert der.decode_integer(der.decode(encoded)) == value


@pytest.mark.parametrize("dotted", ["1.2.840.113549.1.9.16.2.47", "2.16.840.1.101.3.4.2.1", "2.999.3", "0.9"])
def test_object_identifiers(dotted: str) -> None:
    assert der.encode_oid(dotted) == core.ObjectIdentifier(dotted).dump()


@given(st.binary(max_size=70_000))
def test_octet_strings(data: bytes) -> None:
    encoded = der.encode(der.OCTET_STRING, data)
    assert encoded == core.OctetString(data).dump()
    element = der.decode(encoded)
    assert (element.tag, element.content, element.encoded) == (der.OCTET_STRING, data, encoded)


def test_sets_are_sorted_by_encoding() -> None:
    parts = [der.encode_integer(value) for value in (300, 2, 70_000, 1)]
    assert [child.encoded for child in der.children(der.decode(der.encode_set(parts)))] == sorted(parts)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30",
        b"\x30\x01",
        b"\x30\x80\x00\x00",  # indefinite length
        b"\x04\x81\x01\x00",  # long form where the short one would do
        b"\x04\x82\x00\x80" + bytes(128),  # a leading zero in the length
        b"\x04\x85\x00\x00\x00\x00\x01\x00",
        b"\x1f\x81\x01\x00",  # a tag of several bytes
        b"\x04\x00\x00",  # bytes after the element
    ],
)
def test_what_is_no_der_is_refused(data: bytes) -> None:
    with pytest.raises(DerError):
        der.decode(data)


@pytest.mark.parametrize("data", [b"\x02\x00", b"\x02\x01\x80", b"\x02\x02\x00\x01", b"\x04\x01\x01"])
def test_other_integers_are_refused(data: bytes) -> None:
    with pytest.raises(DerError):
        der.decode_integer(der.decode(data))


@given(st.binary(max_size=60))
def test_any_bytes_decode_to_themselves_or_are_refused(data: bytes) -> None:
    try:
        element, rest = der.decode_prefix(data)
    except DerError:
        return
    assert element.encoded + rest == data
    assert der.encode(element.tag, element.content) == element.encoded


def test_children_ask_for_the_tag() -> None:
    with pytest.raises(DerError):
        der.children(der.decode(b"\x31\x00"), der.SEQUENCE)
