import contextlib
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates.errors import CertificateError, MrzError
from certificates.mrz import MrzForm, check_digit, parse_mrz
from tests.support.mrz import digit, zone

TODAY = date(2022, 6, 1)
# The specimens of ICAO 9303-4, -5 and -6, appendix; the last has a document number of 12 characters.
TD3 = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"
TD2 = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6"
TD1 = "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<"
LONG_NUMBER = "I<UTOD23145890<7349<<<<<<<<<<<\n3407127M9507122UTO<<<<<<<<<<<2\nSTEVENSON<<PETER<JOHN<<<<<<<<<"


def refusal(text: str, today: date = TODAY) -> MrzError:
    with pytest.raises(MrzError) as refused:
        parse_mrz(text, today)
    return refused.value


@pytest.mark.parametrize(("text", "form"), [(TD3, MrzForm.TD3), (TD2, MrzForm.TD2), (TD1, MrzForm.TD1)])
def test_the_specimens_of_the_standard(text: str, form: MrzForm) -> None:
    read = parse_mrz(text, TODAY)
    assert (read.form, read.surname, read.given) == (form, ("ERIKSSON",), ("ANNA", "MARIA"))
    assert read.born is not None
    assert (read.born.iso, read.truncated) == ("1974-08-12", False)


def test_a_document_number_longer_than_its_field() -> None:
    read = parse_mrz(LONG_NUMBER, TODAY)
    assert read.born is not None
    assert (read.surname, read.given, read.born.iso) == (("STEVENSON",), ("PETER", "JOHN"), "1934-07-12")
    assert refusal(LONG_NUMBER.replace("<7349<", "<7348<")).code == "mrz-check-digit"


@pytest.mark.parametrize("text", [TD3, TD2, TD1])
@pytest.mark.parametrize("change", [str.lower, lambda text: text.replace("\n", "\r\n"), lambda text: f" {text} \n"])
def test_as_a_reader_types_it(text: str, change: Callable[[str], str]) -> None:
    assert parse_mrz(change(text), TODAY) == parse_mrz(text, TODAY)
    assert parse_mrz(text.replace("\n", " "), TODAY) == parse_mrz(text.replace("\n", ""), TODAY)


@pytest.mark.parametrize("form", ["TD1", "TD2", "TD3"])
def test_our_own_check_digits_agree(form: str) -> None:
    assert parse_mrz(zone(form=form), TODAY).given == ("THI", "MAU")
    assert check_digit("D23145890") == digit("D23145890") == "7"


@pytest.mark.parametrize("text", [TD3, TD2, TD1, LONG_NUMBER])
def test_every_digit_that_is_covered_is_checked(text: str) -> None:
    """A misread digit of number, dates or optional data is told; names and sex have no check digit."""
    found = 0
    for place, each in enumerate(text):
        if each.isdigit():
            changed = text[:place] + str((int(each) + 1) % 10) + text[place + 1 :]
            assert refusal(changed).code == "mrz-check-digit"
            found += 1
    assert found > 15


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "mrz-length"),
        (TD3[:-1], "mrz-length"),
        (TD3 + "<", "mrz-length"),
        (TD3 * 9, "mrz-length"),
        (TD3.replace("<", "«", 1), "mrz-characters"),
        (TD3.replace("<", "-", 1), "mrz-characters"),
        (TD3.replace("ERIKSSON", "ERIKSſON"), "mrz-characters"),  # a letter whose capital is S
        (TD3.replace("0", "٠"), "mrz-characters"),
        ("V" + TD3[1:], "mrz-visa"),
        ("V" + TD2[1:], "mrz-visa"),
        (TD3.replace("ERIKSSON", "ER1KSSON"), "mrz-name"),
        (zone(surname="", given=""), "mrz-name"),
        (zone(birth="900230"), "mrz-birth-date"),
        (zone(birth="901301"), "mrz-birth-date"),
        (zone(birth="90<<03"), "mrz-birth-date"),
        (zone(birth="9A0203"), "mrz-birth-date"),
        (zone(birth="<<0203"), "mrz-birth-date"),
    ],
)
def test_what_is_refused(text: str, code: str) -> None:
    assert refusal(text).code == code


def test_a_refusal_names_the_field_and_nothing_of_the_person() -> None:
    error = refusal(zone(birth="900203").replace("9002", "9102"))
    assert isinstance(error, CertificateError)
    assert "date of birth" in error.detail
    assert not any(told in str(error) for told in ("NGUYEN", "910203", "C1234567"))
    assert "NGUYEN" not in repr(parse_mrz(zone(), TODAY))


@pytest.mark.parametrize(
    ("birth", "today", "expected"),
    [
        ("220601", date(2022, 6, 1), "2022-06-01"),
        ("220602", date(2022, 6, 1), "1922-06-02"),
        ("220601", date(2022, 5, 31), "1922-06-01"),
        ("000229", date(2022, 6, 1), "2000-02-29"),
        ("990101", date(1999, 1, 1), "1999-01-01"),
        ("50<<<<", date(2022, 6, 1), "1950"),
        ("500000", date(2022, 6, 1), "1950"),
        ("5003<<", date(2022, 6, 1), "1950-03"),
        ("22<<<<", date(2022, 1, 1), "2022"),
    ],
)
def test_the_century_and_unknown_parts(birth: str, today: date, expected: str) -> None:
    born = parse_mrz(zone(birth=birth), today).born
    assert born is not None
    assert born.iso == expected


def test_a_year_before_1900_is_no_answer() -> None:
    assert refusal(zone(birth="600101"), date(1950, 1, 1)).code == "mrz-birth-date"


@pytest.mark.parametrize("birth", ["<<<<<<", "<<0000"])
def test_no_date_of_birth_at_all(birth: str) -> None:
    assert parse_mrz(zone(birth=birth), TODAY).born is None


def test_an_empty_field_may_have_a_filler_for_its_check_digit() -> None:
    lines = zone(form="TD3").splitlines()
    assert lines[1][42] == "0"
    second = lines[1][:42] + "<" + lines[1][43:]  # counts as 0 in the last check digit as well
    assert parse_mrz(lines[0] + second, TODAY).given == ("THI", "MAU")


@pytest.mark.parametrize(
    ("surname", "given_names", "expected"),
    [
        ("SUHARTO", "", (("SUHARTO",), ())),
        ("VAN<DER<MUELLEN", "ANNA", (("VAN", "DER", "MUELLEN"), ("ANNA",))),
        ("A", "B<<C", (("A",), ("B", "C"))),
    ],
)
def test_names(surname: str, given_names: str, expected: tuple[tuple[str, ...], tuple[str, ...]]) -> None:
    read = parse_mrz(zone(surname, given_names), TODAY)
    assert (read.surname, read.given) == expected


@pytest.mark.parametrize("form", ["TD1", "TD2", "TD3"])
def test_a_full_name_field_may_be_truncated(form: str) -> None:
    assert parse_mrz(zone("N" * 20, "O" * 30, form=form), TODAY).truncated
    assert not parse_mrz(zone("N" * 20, "O" * 7, form=form), TODAY).truncated


_LETTERS = "<ABCXYZ0123456789"


@given(
    st.one_of(
        st.text(max_size=300),
        st.sampled_from([72, 88, 90]).flatmap(lambda size: st.text(_LETTERS, min_size=size, max_size=size)),
        st.tuples(st.sampled_from([TD1, TD2, TD3, LONG_NUMBER]), st.integers(0, 91), st.characters()).map(
            lambda given: given[0][: given[1]] + given[2] + given[0][given[1] + 1 :]
        ),
        st.text(_LETTERS, min_size=6, max_size=6).map(lambda birth: zone(birth=birth)),
    ),
    st.dates(),
)
def test_whatever_is_typed_is_read_or_refused(text: str, today: date) -> None:
    with contextlib.suppress(MrzError):
        parse_mrz(text, today)
