"""Base45 (RFC 9285), strict and fast.

Three characters carry one 16-bit word. All words of a text are worked on at once: each is a lane of one big integer,
so that the multiplications of the format become a handful of operations on whole texts. Text is never trimmed: a line
break or any other letter outside the alphabet is refused.
"""

from typing import Final

ALPHABET: Final = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"  # RFC 9285, table 1

_BAD: Final = 255
_VALUE_OF: Final = bytes(ALPHABET.index(code) if code in ALPHABET else _BAD for code in range(256))
_LETTER_OF: Final = ALPHABET + bytes(256 - len(ALPHABET))

# Encoding: lanes of 5 bytes. e = word // 2025 and d = rest // 45 by multiplying with a rounded-up reciprocal, which is
# exact for every word (a test goes through all 65,536); the products stay below 40 bits.
_WIDE: Final = 5
_SHIFT_E: Final = 27
_RECIPROCAL_E: Final = -(-(1 << _SHIFT_E) // 2025)
_SHIFT_D: Final = 16
_RECIPROCAL_D: Final = -(-(1 << _SHIFT_D) // 45)
_LANES: Final = 4096  # words that the ready-made masks cover; longer data gets masks of its own
_DIGIT_MASK: Final = int.from_bytes(b"\x3f\0\0\0\0" * _LANES, "little")
_LETTER_MASK: Final = int.from_bytes(b"\x3f\0\0" * _LANES, "little")


def b45encode(data: bytes) -> str:
    """The Base45 text of ``data``: 3 characters for 2 bytes, 2 for a last odd byte."""
    words = len(data) // 2
    mask = _DIGIT_MASK if words <= _LANES else int.from_bytes(b"\x3f\0\0\0\0" * words, "little")
    spread = bytearray(words * _WIDE)
    spread[0::_WIDE] = data[1::2]
    spread[1::_WIDE] = data[: 2 * words : 2]
    word = int.from_bytes(spread, "little")
    e = (word * _RECIPROCAL_E >> _SHIFT_E) & mask
    d = ((word - 2025 * e) * _RECIPROCAL_D >> _SHIFT_D) & mask
    # c + 256 d + 65536 e, where c = word - 2025 e - 45 d
    digits = (word + (65536 - 2025) * e + (256 - 45) * d).to_bytes(words * _WIDE, "little")
    text = bytearray(words * 3)
    text[0::3] = digits[0::_WIDE]
    text[1::3] = digits[1::_WIDE]
    text[2::3] = digits[2::_WIDE]
    if len(data) % 2:
        d_last, c_last = divmod(data[-1], 45)
        text += bytes((c_last, d_last))
    return text.translate(_LETTER_OF).decode("ascii")


def b45decode(text: str) -> bytes:
    """The bytes of a Base45 text.

    Raises:
        ValueError: a character outside the alphabet, an impossible length, or a group above 65,535 (last pair: 255).
    """
    values = text.encode("ascii", "replace").translate(_VALUE_OF)  # "?" is outside the alphabet
    if _BAD in values:
        raise ValueError("a character outside the Base45 alphabet")
    words, rest = divmod(len(values), 3)
    if rest == 1:
        raise ValueError("a single character is left over")
    mask = _LETTER_MASK if words <= _LANES else int.from_bytes(b"\x3f\0\0" * words, "little")
    size = words * 3
    letters = int.from_bytes(values[:size])
    word = ((letters >> 16) & mask) + 45 * ((letters >> 8) & mask) + 2025 * (letters & mask)
    data = bytearray(word.to_bytes(size))  # 24 bits a lane: c + 45 d + 2025 e is 91,124 at most
    if data[0::3].count(0) != words:
        raise ValueError("a group of three is above 65535")
    del data[0::3]
    if rest:
        last = values[size] + 45 * values[size + 1]
        if last > 255:
            raise ValueError("the last pair is above 255")
        data.append(last)
    return bytes(data)
