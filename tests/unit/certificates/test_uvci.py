import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates.errors import RecordError
from certificates.uvci import (
    CHECK_ALPHABET,
    OPAQUE_ALPHABET,
    check_character,
    check_uvci,
    file_name,
    new_uvci,
    normalise,
    printed,
)
from tests.support.fixtures import fixtures

OURS = "URN:UVCI:01:VN:7K3M9PX2QRT4VW"
IDENTIFIERS = st.text(CHECK_ALPHABET, min_size=1, max_size=60)


def test_new_ones_are_random_and_well_formed() -> None:
    made = {new_uvci() for _ in range(500)}
    assert len(made) == 500
    for uvci in made:
        assert re.fullmatch(r"URN:UVCI:01:VN:[0-9A-HJKMNP-TV-Z]{14}", uvci)
        check_uvci(uvci, country="VN")
    assert set("".join(uvci[15:] for uvci in made)) == set(OPAQUE_ALPHABET)
    assert new_uvci("LA").startswith("URN:UVCI:01:LA:")


@pytest.mark.parametrize(
    "uvci",
    [
        "",
        OURS + "#" + check_character(OURS),
        OURS.lower(),
        OURS + "\n",
        OURS[:-1],
        OURS.replace("VN", "LA"),
        OURS[:-1] + "U",
    ],
)
def test_not_ours(uvci: str) -> None:
    with pytest.raises(RecordError, match="uvci-form"):
        check_uvci(uvci, country="VN")


@given(IDENTIFIERS, st.integers(min_value=0), st.sampled_from(CHECK_ALPHABET))
def test_the_check_character_finds_one_wrong_character(uvci: str, place: int, wrong: str) -> None:
    place %= len(uvci)
    changed = uvci[:place] + wrong + uvci[place + 1 :]
    assert (check_character(changed) == check_character(uvci)) == (changed == uvci)


def test_the_check_character_knows_its_alphabet() -> None:
    for text in ("urn:uvci", "A#B", "Đ", "A B"):
        with pytest.raises(RecordError, match="uvci-form"):
            check_character(text)


def test_paper_and_files() -> None:
    assert re.fullmatch(re.escape(OURS) + "#[A-Z0-9/:]", printed(OURS))
    assert file_name(OURS) == "URN-UVCI-01-VN-7K3M9PX2QRT4VW"
    assert file_name("01/LU/2O#K") == "01-LU-2O-K"


@pytest.mark.parametrize(
    "typed",
    [
        OURS,
        printed(OURS),
        OURS + "#?",
        f"  {OURS.lower()}  ",
        "urn:uvci:01:vn:7k3m9 px2qrt 4vw",
        "7K3M-9PX2-QRT4VW",
        "７K3M9PX2QRT4VW",
        "7K3M9PX2QRT4VW\u200b",
    ],
)
def test_what_people_type(typed: str) -> None:
    assert normalise(typed) == OURS


def test_look_alikes_are_read_as_digits() -> None:
    assert normalise("OIL000000000Zz") == "URN:UVCI:01:VN:011000000000ZZ"


def test_other_identifiers_are_only_tidied() -> None:
    assert normalise("urn:uvci:01:AT:71ee2559de38c6bf7304fb65a1a451ec#3") == (
        "URN:UVCI:01:AT:71EE2559DE38C6BF7304FB65A1A451EC"
    )
    assert normalise("01/LU/2O1I#K") == "01/LU/2O1I"
    assert normalise("") == ""


@given(st.text(max_size=40))
def test_any_text_can_be_looked_up(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


def test_live_identifiers() -> None:
    lines = (fixtures("identifiers of live certificates") / "uvci/uvci.jsonl").read_text("utf-8").splitlines()
    for row in map(json.loads, lines):
        body, _, check = row["uvci"].upper().partition("#")
        if len(check) != 1:
            assert row["checksum"] == "none"
        else:
            assert (check_character(body) == check) == (row["checksum"] == "valid")
    assert len(lines) >= 136
