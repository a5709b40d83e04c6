import base45
import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates.base45 import ALPHABET, b45decode, b45encode
from tests.support.fixtures import read_json

LETTERS = ALPHABET.decode("ascii")


@pytest.mark.parametrize(
    ("data", "text"),
    [  # RFC 9285, 4.3 and 4.4, and the ends of the range
        (b"AB", "BB8"),
        (b"Hello!!", "%69 VD92EX0"),
        (b"base-45", "UJCLQE7W581"),
        (b"ietf!", "QED8WEX0"),
        (b"", ""),
        (b"\x00", "00"),
        (b"\x00\x00", "000"),
        (b"\xff", "U5"),
        (b"\xff\xff", "FGW"),
    ],
)
def test_known_pairs_both_ways(data: bytes, text: str) -> None:
    assert b45encode(data) == text
    assert b45decode(text) == data


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("A", "left over"),
        ("AAAA", "left over"),
        ("GGW", "above 65535"),
        ("BB8:::", "above 65535"),
        (":::BB8", "above 65535"),
        ("V5", "above 255"),
        ("BB8::", "above 255"),
        ("ab8", "alphabet"),
        ("BB8\n", "alphabet"),
        ("BB8\r\n", "alphabet"),
        ("\nBB8", "alphabet"),
        ("BB?", "alphabet"),
        ("BB\x00", "alphabet"),
        ("BB\u00a0", "alphabet"),
        ("BB\uff18", "alphabet"),  # a full-width digit is a digit to Python
        ("BB\ud800", "alphabet"),
    ],
)
def test_anything_else_is_refused_with_its_reason(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        b45decode(text)


def test_every_word_and_every_last_byte_round_trips() -> None:
    every_word = b"".join(word.to_bytes(2) for word in range(65536))
    text = b45encode(every_word)
    assert text == base45.b45encode(every_word).decode("ascii")
    assert b45decode(text) == every_word
    for last in range(256):
        assert b45decode(b45encode(bytes([7, 7, last]))) == bytes([7, 7, last])


@given(st.binary(max_size=600))
def test_agrees_with_the_package(data: bytes) -> None:
    text = b45encode(data)
    assert text == base45.b45encode(data).decode("ascii")
    assert b45decode(text) == data


@given(st.text(alphabet=LETTERS, max_size=40))
def test_refuses_what_the_package_refuses(text: str) -> None:
    try:
        expected = base45.b45decode(text)
    except ValueError:
        with pytest.raises(ValueError):  # noqa: PT011 - the package says one thing for all of them
            b45decode(text)
    else:
        assert b45decode(text) == expected


@given(st.text(alphabet=LETTERS, min_size=3, max_size=60))
def test_a_text_has_one_meaning_only(text: str) -> None:
    try:
        data = b45decode(text)
    except ValueError:
        return
    assert b45encode(data) == text


def test_public_vectors() -> None:
    vectors = read_json("base45/vectors.json")
    for vector in vectors["valid"]:
        assert b45encode(bytes.fromhex(vector["hex"])) == vector["b45"]
        assert b45decode(vector["b45"]) == bytes.fromhex(vector["hex"])
    for vector in vectors["invalid"]:
        with pytest.raises(ValueError):  # noqa: PT011 - any of the reasons
            b45decode(vector["b45"])
