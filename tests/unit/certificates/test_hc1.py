import zlib

import pytest

from certificates.base45 import b45encode
from certificates.errors import CheckError, CheckReason
from certificates.hc1 import MAX_COSE, MAX_TEXT, decode_hc1, encode_hc1

COSE = bytes(range(256))


def packed(data: bytes) -> str:
    return "HC1:" + b45encode(data)


def test_round_trip_in_the_form_of_the_specification() -> None:
    text = encode_hc1(COSE)
    assert decode_hc1(text) == COSE
    assert text.startswith("HC1:")
    # the first two bytes of zlib with a window of 32 kB at its best level: 78 DA
    assert text[4:].startswith(b45encode(b"\x78\xda"))


@pytest.mark.parametrize("level", range(10))
@pytest.mark.parametrize("window", [9, 12, 15])
def test_every_zlib_level_and_window_is_read(level: int, window: int) -> None:
    compressor = zlib.compressobj(level, wbits=window)
    assert decode_hc1(packed(compressor.compress(COSE) + compressor.flush())) == COSE


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", CheckReason.CONTEXT),
        ("HC1", CheckReason.CONTEXT),
        ("HL0:" + encode_hc1(COSE)[4:], CheckReason.CONTEXT),
        ("HL1:" + encode_hc1(COSE)[4:], CheckReason.CONTEXT),
        ("hc1:" + encode_hc1(COSE)[4:], CheckReason.CONTEXT),
        (encode_hc1(COSE)[4:], CheckReason.CONTEXT),
        (" " + encode_hc1(COSE), CheckReason.CONTEXT),
        ("\ufeff" + encode_hc1(COSE), CheckReason.CONTEXT),
        ("HC1:" + "0" * (MAX_TEXT - 3), CheckReason.CONTEXT),
        ("HC1:" + "0" * (MAX_TEXT - 4), CheckReason.ZLIB),  # of the largest size
        (encode_hc1(COSE) + "\n", CheckReason.B45),
        ("HC1:", CheckReason.ZLIB),
        (packed(COSE), CheckReason.ZLIB),
        (packed(zlib.compress(COSE)[:-1]), CheckReason.ZLIB),
        (packed(zlib.compress(COSE)[:-1] + b"\x00"), CheckReason.ZLIB),
        (packed(zlib.compress(COSE) + b"\x00"), CheckReason.ZLIB),
        (packed(zlib.compress(COSE) * 2), CheckReason.ZLIB),
        (packed(zlib.compress(COSE)[2:-4]), CheckReason.ZLIB),
    ],
)
def test_what_is_broken_is_refused(text: str, reason: CheckReason) -> None:
    with pytest.raises(CheckError) as refusal:
        decode_hc1(text)
    assert refusal.value.reason is reason


def test_the_limit_of_size_is_exact_and_a_bomb_costs_no_memory() -> None:
    assert decode_hc1(encode_hc1(bytes(MAX_COSE))) == bytes(MAX_COSE)
    for size in (MAX_COSE + 1, 2 * MAX_COSE, 2_000_000):
        with pytest.raises(CheckError, match="more than 65536 bytes") as refusal:
            decode_hc1(encode_hc1(bytes(size)))
        assert refusal.value.reason is CheckReason.ZLIB
