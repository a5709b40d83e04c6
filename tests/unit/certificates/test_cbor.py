import contextlib
import math

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates.cbor import MAX_DEPTH, CborError, DateText, check_shape, decode_item, encode_bytes, read_bytes

VALUES = [
    *map(cbor2.dumps, (0, 255, b"\x00", "", "0", [], {}, [0, 1], [1, 2, 3], "2020-01-01", False, None, 1.0, [[1]])),
    *map(cbor2.dumps, (2**64, "0" * 36, "a@b", "192.0.2.1", b"\x7f\x00\x00\x01", [b"\x7f\x00\x00\x01", 8])),
]


@pytest.mark.parametrize(
    "item", [0, -1, 2**64 - 1, -(2**64), "Đ", b"\x00", [1, [2]], {"a": {"b": None}}, True, False, None, 1.5]
)
def test_plain_items_are_read(item: object) -> None:
    assert decode_item(cbor2.dumps(item)) == item


def test_dates_keep_what_was_written() -> None:
    text = decode_item(b"\xc0" + cbor2.dumps("2021-06-01T10:00:00Z"))
    assert text == DateText("2021-06-01T10:00:00Z")
    assert text != "2021-06-01T10:00:00Z"
    assert decode_item(b"\xc1" + cbor2.dumps(1622541600)) == 1622541600
    assert decode_item(b"\xc1" + cbor2.dumps(1622541600.5)) == 1622541600.5
    assert math.isnan(decode_item(b"\xf9\x7e\x00"))


@pytest.mark.parametrize(
    "date", [b"\xc0\x00", b"\xc0\x41\x00", b"\xc0\xf6", b"\xc1\x60", b"\xc1\xf5", b"\xc1\xc2\x41\x01"]
)
def test_dates_of_another_type_are_refused(date: bytes) -> None:
    with pytest.raises(CborError):
        decode_item(date)


@pytest.mark.parametrize(
    "around", [b"", b"\x81", b"\xa1\x00", b"\xc1"], ids=["alone", "in a list", "in a map", "in a date"]
)
def test_no_other_tag_is_read(around: bytes) -> None:
    for tag in [*range(2, 1100), 43000, 55799, 65535, 2**32, 2**64 - 1]:
        head = cbor2.dumps(cbor2.CBORTag(tag, None))[:-1]
        for value in VALUES:
            with pytest.raises(CborError):
                decode_item(around + head + value)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00\x00",
        cbor2.dumps({1: 2}) + b"\xa0",
        b"\xa2\x01\x01\x01\x02",  # duplicate key
        b"\xa2\x61a\x01\x61a\x02",
        b"\x9f\x01\xff",  # indefinite lengths
        b"\xbf\x01\x02\xff",
        b"\x5f\x41\x00\xff",
        b"\x7f\x61a\xff",
        b"\xff",
        b"\x1c",
        b"\xf8\x18",
        b"\x61\xff",  # not UTF-8
        b"\x62\xed\xa0",
        b"\x82\x01",  # cut off
        b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff",  # lengths of a giant
        b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x5b\x7f\xff\xff\xff\xff\xff\xff\xff",
        b"\x7b\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x9a\x7f\xff\xff\xff\x00",
        b"\xd8\x1c\x81\xd8\x1d\x00",  # a list that holds itself
        b"\x81" * 60_000,
        b"\xa1\x00" * 30_000,
        b"\xc1" * 60_000 + b"\x00",
        b"\xa1" * 60_000,
    ],
    ids=lambda data: data[:12].hex(),
)
def test_what_is_refused(data: bytes) -> None:
    with pytest.raises(CborError):
        decode_item(data)


def test_depth_is_bounded() -> None:
    assert decode_item(b"\x81" * MAX_DEPTH + b"\x00")
    with pytest.raises(CborError):
        decode_item(b"\x81" * (MAX_DEPTH + 1) + b"\x00")
    check_shape(b"\x81" * MAX_DEPTH + b"\x00", 100)
    with pytest.raises(CborError, match="deeper than 16"):
        check_shape(b"\x81" * 60_000, 100_000)


PLAIN = st.integers(-(2**64), 2**64 - 1) | st.text(max_size=30) | st.binary(max_size=300) | st.floats()
TREES = st.recursive(
    PLAIN | st.none() | st.just(cbor2.CBORTag(0, "2022-05-01T00:00:00Z")),
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3) | st.integers(-99, 99), inner, max_size=5)
    ),
    max_leaves=30,
)


def items_in(tree: object) -> int:
    if isinstance(tree, dict):
        return 1 + sum(items_in(part) for pair in tree.items() for part in pair)
    if isinstance(tree, list):
        return 1 + sum(map(items_in, tree))
    return 2 if isinstance(tree, cbor2.CBORTag) else 1


@given(TREES)
def test_items_are_counted_before_they_are_read(tree: object) -> None:
    data, most = cbor2.dumps(tree), items_in(tree)
    check_shape(data, most)
    with pytest.raises(CborError):
        check_shape(data, most - 1)


@pytest.mark.parametrize("key", [b"\x80", b"\x82\x20\x21", b"\xa0", b"\xc1\x80", b"\x98\x01\x00"])
@pytest.mark.parametrize("before", [b"\xa1", b"\xa2\x00\x01", b"\xa2\x00\x81\xa1\x01\x80", b"\xa1\x00\x81\xa1"])
def test_no_key_is_a_list_or_a_map(before: bytes, key: bytes) -> None:
    with pytest.raises(CborError, match="a key is a list or a map"):
        check_shape(before + key + b"\x00", 1000)


@given(st.binary(max_size=300))
def test_the_shape_of_any_bytes_ends(data: bytes) -> None:
    with contextlib.suppress(CborError):
        check_shape(data, 100)


@given(st.binary(max_size=300), st.binary(max_size=4), st.binary(max_size=4))
def test_byte_strings_by_hand_are_those_of_the_decoder(data: bytes, before: bytes, after: bytes) -> None:
    encoded = encode_bytes(data)
    assert encoded == cbor2.dumps(data)
    assert read_bytes(before + encoded + after, len(before)) == (data, len(before) + len(encoded))
    for end in range(len(encoded)):
        assert read_bytes(encoded[:end], 0) == (None, 0)


def test_byte_strings_of_every_size() -> None:
    assert read_bytes(encode_bytes(bytes(65535)), 0) == (bytes(65535), 65538)
    assert read_bytes(b"\x5a" + (70_000).to_bytes(4) + bytes(70_000), 0) == (bytes(70_000), 70_005)
    assert read_bytes(b"\x00\x5b" + (2).to_bytes(8) + b"ab", 1) == (b"ab", 12)
    for other in (
        b"",
        b"\x00",
        b"\x61a",
        b"\x5a\x00\x00\x00",
        b"\x5b" + b"\xff" * 8,
        b"\x5f\x40\xff",
        b"\x80",
        b"\xf6",
    ):
        assert read_bytes(other, 0) == (None, 0)
    assert read_bytes(b"", 5) == (None, 5)


@given(st.binary(max_size=200))
def test_any_bytes_give_an_item_or_the_one_error(data: bytes) -> None:
    try:
        decode_item(data)
    except CborError:
        return


@given(st.one_of(st.binary(max_size=300), st.integers(0, 70_000).map(bytes)))
def test_a_byte_string_is_written_as_the_library_writes_it(data: bytes) -> None:
    assert encode_bytes(data) == cbor2.dumps(data)
