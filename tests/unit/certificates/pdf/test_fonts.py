import unicodedata

import pytest

from certificates.pdf import fonts


def test_all_letters_of_vietnamese() -> None:
    vowels = "aăâeêioôơuưy"
    tones = ["", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323"]
    letters = {unicodedata.normalize("NFC", vowel + tone) for vowel in vowels for tone in tones} | set(
        "bcdđghklmnpqrstvx"
    )
    assert all(len(letter) == 1 for letter in letters)
    assert fonts.letters() >= letters | {letter.upper() for letter in letters}


@pytest.mark.parametrize(
    "name",
    [
        "Y Ƀlŏ Ê̆ban",  # letters of the Highlands, some with combining marks only
        "H'Hen Niê",
        "Ksor Phước Ơ̆",
        "Jürgen Müller-Lüdenscheidt",
        "Łukasz Żółć",
        "Þórður Ægisson",
        "Ştefan İnönü",
        "Nuñez d’Ávila",
    ],
)
def test_names_of_the_country_and_of_foreigners(name: str) -> None:
    assert fonts.letters() >= set(unicodedata.normalize("NFC", name))


def test_ascii_is_whole_and_nothing_invisible_is_there() -> None:
    assert fonts.letters() >= {chr(code) for code in range(0x20, 0x7F)}
    allowed = {"\u00a0", "\u00ad"}  # no-break blank and soft hyphen come with the Latin-1 block
    odd = {letter for letter in fonts.letters() if unicodedata.category(letter) in ("Cc", "Cf", "Zl", "Zp")}
    assert odd <= allowed


def test_other_scripts_are_not_there() -> None:
    assert not fonts.letters() & set("عמ你กД\u202e\u200b")


def test_licence_and_recipe_stand_beside_the_fonts() -> None:
    assert "SIL OPEN FONT LICENSE Version 1.1" in (fonts.DIRECTORY / "OFL.txt").read_text()
    recipe = (fonts.DIRECTORY / "README.md").read_text()
    assert all(name in recipe for name in fonts.FILES)
    assert all((fonts.DIRECTORY / name).is_file() for name in fonts.FILES)
