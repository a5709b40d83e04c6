"""Hostile values, and how to put them into bytes, CBOR and JSON. What is made here is wrong on purpose."""

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

Hostile = Callable[[Random], Any]


@dataclass(frozen=True)
class Raw:
    """Bytes, or in JSON a text, that stand for an item as they are."""

    data: bytes


@dataclass(frozen=True)
class Pairs:
    """A map as a list, so that keys may come twice and be of any kind."""

    items: list[tuple[Any, Any]]


def head(major: int, argument: int) -> bytes:
    """The head of a CBOR item."""
    if argument < 24:
        return bytes([major << 5 | argument])
    width = 1 if argument < 1 << 8 else 2 if argument < 1 << 16 else 4 if argument < 1 << 32 else 8
    return bytes([major << 5 | 23 + width.bit_length()]) + argument.to_bytes(width)


def encode(tree: Any) -> bytes:
    """CBOR of plain values, `Raw` and `Pairs`."""
    match tree:
        case Raw():
            return tree.data
        case None:
            return b"\xf6"
        case bool():
            return b"\xf5" if tree else b"\xf4"
        case int():
            value = tree if tree >= 0 else -1 - tree
            if value >> 64:  # a bignum (RFC 8949, 3.4.3)
                return (b"\xc2" if tree >= 0 else b"\xc3") + encode(value.to_bytes(9))
            return head(0 if tree >= 0 else 1, value)
        case float():
            return b"\xfb" + struct.pack(">d", tree)
        case str():
            text = tree.encode("utf-8", "surrogatepass")
            return head(3, len(text)) + text
        case bytes():
            return head(2, len(tree)) + tree
        case list():
            return head(4, len(tree)) + b"".join(map(encode, tree))
        case dict():
            return encode(Pairs(list(tree.items())))
        case Pairs():
            return head(5, len(tree.items)) + b"".join(encode(part) for pair in tree.items for part in pair)
    raise TypeError(type(tree))


def vary(rng: Random, tree: Any, hostile: Hostile) -> Any:
    """The tree with one place of it changed."""
    if isinstance(tree, dict) and tree and rng.random() < 0.9:
        key = rng.choice(list(tree))
        match rng.randrange(12):
            case 0:
                return {name: value for name, value in tree.items() if name != key}
            case 1:
                return {**tree, hostile_key(rng, hostile): hostile(rng)}
            case 2:
                return {(rng.choice(_NAMES) if name == key else name): value for name, value in tree.items()}
            case _:
                return {**tree, key: vary(rng, tree[key], hostile)}
    if isinstance(tree, list) and tree and rng.random() < 0.9:
        place = rng.randrange(len(tree))
        match rng.randrange(10):
            case 0:
                return tree[:place] + tree[place + 1 :]
            case 1:
                return [*tree[:place], hostile(rng), *tree[place:]]
            case 2:
                return [*tree, *tree[place:]]
            case 3:
                return rng.sample(tree, len(tree))
            case _:
                return [*tree[:place], vary(rng, tree[place], hostile), *tree[place + 1 :]]
    if isinstance(tree, str) and rng.random() < 0.3:
        return scramble_text(rng, tree)
    if isinstance(tree, bytes) and tree and rng.random() < 0.5:
        return scramble(rng, tree)
    if isinstance(tree, int) and rng.random() < 0.3:
        return tree + rng.choice((-1, 1, 86400, -86400, 1 << 32))
    return rng.choice(([tree], {"a": tree}, None)) if rng.random() < 0.1 else hostile(rng)


def hostile_key(rng: Random, hostile: Hostile) -> Any:
    """A key that a dictionary of this language takes."""
    key = hostile(rng)
    return key if isinstance(key, (str, int, bytes, float)) else rng.choice(_NAMES)


def scramble(rng: Random, data: bytes) -> bytes:
    """The bytes with a few changes: bits, bytes, pieces put in, taken out, doubled or cut off."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        place = rng.randrange(len(changed) + 1)
        end = min(len(changed), place + rng.choice((1, 1, 2, 4, 9, 40)))
        match rng.randrange(7):
            case 0 | 1 if changed:
                place %= len(changed)
                changed[place] ^= 1 << rng.randrange(8)
            case 2 if changed:
                changed[place % len(changed)] = rng.choice(_BYTES)
            case 3:
                changed[place:place] = rng.randbytes(rng.choice((1, 1, 2, 8)))
            case 4:
                del changed[place:end]
            case 5:
                changed[place:place] = changed[place:end]
            case _:
                del changed[place if rng.random() < 0.3 else len(changed) :]
    return bytes(changed)


def scramble_text(rng: Random, text: str) -> str:
    """The text with a few changes."""
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        place = rng.randrange(len(text) + 1)
        end = place + rng.choice((1, 1, 2, 3, 30))
        match rng.randrange(6):
            case 0 | 1:
                text = text[:place] + rng.choice(_LETTERS) + text[place + 1 :]
            case 2:
                text = text[:place] + rng.choice(_LETTERS) + text[place:]
            case 3:
                text = text[:place] + text[end:]
            case 4:
                text = text[:place] + text[place:end] + text[place:]
            case _:
                text = text[:place] + text[place:end].swapcase() + text[end:]
    return text


def hostile_text(rng: Random) -> str:
    """A text that a reader may stumble over."""
    kind = rng.randrange(8)
    if kind == 0:
        return rng.choice(_LETTERS) * rng.choice((1, 80, 81, 4000, 50_000))
    if kind == 1:
        return "1" * rng.choice((5, 100, 5000, 50_000)) + rng.choice(("", "x", "."))
    if kind == 2:
        return "".join(chr(rng.choice((rng.randrange(0xD800), rng.randrange(0xE000, 0x110000)))) for _ in range(12))
    return rng.choice(_TEXTS)


def hostile_cbor(rng: Random) -> Any:
    """An item of CBOR that a reader may stumble over, well-formed or not."""
    match rng.randrange(16):
        case 0:
            return rng.choice((0, -1, 1, 2**31, 2**53, 2**63, 2**64 - 1, -(2**64), rng.getrandbits(64), 253402300800))
        case 1:
            return rng.choice(_FLOATS)
        case 2 | 3:
            return hostile_text(rng)
        case 4:
            return Raw(rng.choice(_BROKEN))
        case 5:
            size = rng.choice((0, 1, 8, 9, 300, 60_000))
            return Raw(bytes([rng.choice((0xC2, 0xC3))]) + head(2, size) + b"\xff" * size)  # bignums
        case 6:
            tag = rng.choice((0, 1, 2, 4, 5, 18, 24, 25, 28, 29, 30, 35, 37, 61, 100, 256, 258, 55799, 2**32))
            return Raw(head(6, tag) + encode(rng.choice(_TAGGED)))
        case 7:
            return Raw(bytes([rng.choice((0x81, 0xC1, 0xD2))]) * rng.choice((3, 15, 17, 2000, 60_000)) + b"\x00")
        case 8:
            return Raw(b"\xa1\x00" * rng.choice((3, 15, 17, 2000, 30_000)) + b"\x00")
        case 9:
            return Raw(colliding_keys(rng.choice((20, 300, 900)), rng.choice((0, 10, 40))))
        case 10:
            value: Any = rng.choice((0, [], {}, "", None))
            return [value] * rng.choice((0, 1, 100, 5000, 50_000))
        case 11:
            return Pairs([(rng.choice((1, "v", "nam")), rng.choice((0, None, "x"))) for _ in range(3)])
        case 12:
            return {str(number): number for number in range(rng.choice((1, 50, 3000)))}
        case 13:
            return rng.randbytes(rng.choice((0, 1, 8, 300)))
        case 14:
            return Raw(rng.randbytes(rng.choice((1, 2, 9, 40))))
        case _:
            return rng.choice((None, True, False, [], {}, "", b"", Raw(b"\xf7"), Raw(b"\xf8\xff")))


def colliding_keys(number: int, filling: int = 40) -> bytes:
    """A map whose keys are different lists with one and the same hash, as -1 and -2 have."""
    bits = number.bit_length()
    keys = [bytes(0x20 + (key >> bit & 1) for bit in range(bits)) for key in range(number)]
    return head(5, number) + b"".join(head(4, bits + filling) + bytes(filling) + key + b"\x00" for key in keys)


def hostile_json(rng: Random) -> Any:
    """A value of JSON that a reader may stumble over; to be written by `write_json`."""
    match rng.randrange(9):
        case 0:
            return rng.choice((0, -1, 2**31, 2**53, 2**63, 10**40, -(10**40), rng.getrandbits(64)))
        case 1:
            return rng.choice((*_FLOATS, 1e308, 0.5))
        case 2 | 3:
            return hostile_text(rng)
        case 4:
            depth = rng.choice((5, 200, 100_000))
            return Raw(rng.choice((b"[" * depth + b"]" * depth, b'{"a":' * depth + b"1" + b"}" * depth, b"[" * depth)))
        case 5:
            return Raw(
                rng.choice((b"1" * 5000, b"1e999", b"-1e999", b"Infinity", b"01", b"\xff", b'"\\ud800"', b"1,2"))
            )
        case 6:
            return [rng.choice((0, "", None, []))] * rng.choice((0, 1, 1000))
        case 7:
            return {rng.choice(_NAMES): rng.choice((0, "", None, []))}
        case _:
            return rng.choice((None, True, False, [], {}, ""))


def write_json(tree: Any) -> bytes:
    """JSON of a tree that may hold `Raw`."""
    raws: list[bytes] = []

    def place(value: object) -> str:
        assert isinstance(value, Raw)
        raws.append(value.data)
        return f"@{len(raws) - 1}@"

    data = json.dumps(tree, default=place).encode()
    for number, raw in enumerate(raws):
        data = data.replace(b'"@%d@"' % number, raw)
    return data


_NAMES = ("", "v", "t", "r", "nam", "fn", "dt", "ver", "var", "and", "rules", "kid", "\ud800", "\x00", "Đ", "1", "a.b")
_LETTERS = "0A9Z $%*+-./:\nađ\x00\u200b\ufeff\ud800𝟘٣<"
_BYTES = (
    0x00,
    0x18,
    0x1F,
    0x3B,
    0x40,
    0x58,
    0x5F,
    0x7F,
    0x80,
    0x84,
    0x9B,
    0x9F,
    0xA0,
    0xBF,
    0xD2,
    0xD8,
    0xF6,
    0xFB,
    0xFF,
)
_FLOATS = (float("nan"), float("inf"), float("-inf"), -0.0, 0.5, 1e300, 5e-324, 1.7e9, 2.0, -1.0)
_TEXTS = (
    *("", " ", "\n", "\x00", "\u202eNV", "A" * 81, "<" * 80, "Đ" * 80, "0", "00", "VN", "vn", "VN\u200b", "DE", "XX"),
    *("9999-12-31", "0000-00-00", "2022-02-30", "2022-13-01", "+002022-01-01", "٢٠٢٢-01-01", "2022-04-01T25:00:00Z"),
    *("1900", "2022-00-00", "1.3.0", "1.3", "99999999999999999999.0.0", "1x3x0", "URN:UVCI:01:VN:1#X", "urn:uvci:"),
    *(
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "2022-04-01T10:00:00." + "9" * 200 + "Z",
        "NaN",
        "null",
    ),
)
_TAGGED: tuple[Any, ...] = (
    "2022-04-01",
    "2022-04-01T10:00:00Z",
    "x",
    0,
    1.5,
    float("nan"),
    2**64 - 1,
    b"\xff",
    [],
    [1, 2],
    {},
    None,
)
_BROKEN = (
    *(
        b"\x9b" + b"\xff" * 8,
        b"\xbb" + b"\xff" * 8,
        b"\x5b\x7f" + b"\xff" * 7,
        b"\x7b" + b"\xff" * 8,
        b"\x9a\x7f\xff\xff\xff",
    ),
    *(
        b"\x9f\x01\xff",
        b"\xbf\x01\x02\xff",
        b"\x5f\x41\x00\xff",
        b"\x7f\x61a\xff",
        b"\x9f",
        b"\xff",
        b"\x1c",
        b"\xf8\x18",
    ),
    *(b"\x61\xff", b"\x62\xc3\x28", b"\x63\xed\xa0\x80", b"\x64\xf4\x90\x80\x80", b"\x62\xc0\x80"),  # no UTF-8
    *(b"\xd8\x1c\x81\xd8\x1d\x00", b"\xd8\x1c\xa1\x00\xd8\x1d\x00", b"\xd9\x01\x02\x82\x01\x01"),  # cycles, a set
    *(b"\xf9\x7e\x00", b"\xf9\x7c\x00", b"\xfa\x7f\xc0\x00\x00", b"\x18\x00", b"\x1b" + bytes(8), b"\x78\x00", b""),
)
