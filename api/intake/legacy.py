"""Vietnamese text from before Unicode: TCVN3 ("ABC" fonts), VNI and Windows-1258, seen as Latin-1 letters.

The tables are facts of the old fonts: TCVN 5712:1993 (VN3), VNI-Windows, and Microsoft's code page 1258. A file in one
of them is read byte for byte as Latin-1; a spreadsheet that was typed in such a font holds the same Latin-1 letters as
Unicode text. So every table maps text to text.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Font(StrEnum):
    """An encoding that Vietnamese text may hide in."""

    TCVN3 = "tcvn3"
    VNI = "vni"
    WINDOWS_1258 = "windows-1258"


# Vowels with their tones in the order of the table: none, grave, hook above, tilde, acute, dot below.
_VOWELS: Final = (
    "aàảãáạ",
    "ăằẳẵắặ",
    "âầẩẫấậ",
    "eèẻẽéẹ",
    "êềểễếệ",
    "iìỉĩíị",
    "oòỏõóọ",
    "ôồổỗốộ",
    "ơờởỡớợ",
    "uùủũúụ",
    "ưừửữứự",
    "yỳỷỹýỵ",
)
# TCVN 5712:1993, VN3: one byte a letter. Toned capitals exist only in separate capital fonts with the same bytes.
_TCVN3_BYTES: Final = (
    "61 B5 B6 B7 B8 B9",
    "A8 BB BC BD BE C6",
    "A9 C7 C8 C9 CA CB",
    "65 CC CE CF D0 D1",
    "AA D2 D3 D4 D5 D6",
    "69 D7 D8 DC DD DE",
    "6F DF E1 E2 E3 E4",
    "AB E5 E6 E7 E8 E9",
    "AC EA EB EC ED EE",
    "75 EF F1 F2 F3 F4",
    "AD F5 F6 F7 F8 F9",
    "79 FA FB FC FD FE",
)
_TCVN3_CAPITALS: Final = {"A1": "Ă", "A2": "Â", "A3": "Ê", "A4": "Ô", "A5": "Ơ", "A6": "Ư", "A7": "Đ", "AE": "đ"}

# VNI-Windows: a base letter, then a byte for circumflex or breve with its tone, or for the tone alone.
_VNI_TONES: Final = ("", "ø", "û", "õ", "ù", "ï")
_VNI_CIRCUMFLEX: Final = ("â", "à", "å", "ã", "á", "ä")
_VNI_BREVE: Final = ("ê", "è", "ú", "ü", "é", "ë")
_VNI_SINGLE: Final = {"í": "í", "ì": "ì", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ", "ô": "ơ", "ö": "ư", "ñ": "đ"}


def _tcvn3_table() -> dict[str, str]:
    table = {chr(int(code, 16)): letter for code, letter in _TCVN3_CAPITALS.items()}
    for codes, letters in zip(_TCVN3_BYTES, _VOWELS, strict=True):
        for code, letter in zip(codes.split(), letters, strict=True):
            table[chr(int(code, 16))] = letter
    return table


def _vni_table() -> dict[str, str]:
    small: dict[str, str] = dict(_VNI_SINGLE)
    for letters in _VOWELS:
        plain = letters[0]
        if plain in "aeouy":
            small |= {plain + mark: letter for mark, letter in zip(_VNI_TONES[1:], letters[1:], strict=True)}
        elif plain in "âêô":
            base = {"â": "a", "ê": "e", "ô": "o"}[plain]
            small |= {base + mark: letter for mark, letter in zip(_VNI_CIRCUMFLEX, letters, strict=True)}
        elif plain == "ă":
            small |= {"a" + mark: letter for mark, letter in zip(_VNI_BREVE, letters, strict=True)}
        elif plain in "ơư":
            base = {"ơ": "ô", "ư": "ö"}[plain]
            small |= {base + mark: letter for mark, letter in zip(_VNI_TONES[1:], letters[1:], strict=True)}
    del small["yï"]  # the font has a letter of its own for it
    capitals = {key.upper(): letter.upper() for key, letter in small.items()}
    mixed = {key[0].upper() + key[1:]: letter.upper() for key, letter in small.items() if len(key) == 2}
    return mixed | capitals | small


TCVN3: Final[Mapping[str, str]] = MappingProxyType(_tcvn3_table())
VNI: Final[Mapping[str, str]] = MappingProxyType(_vni_table())
# Windows-1252 has 27 letters that Latin-1 has not.
_OUTSIDE: Final = re.compile(
    "[^\x00-\xff" + bytes({*range(0x80, 0xA0)} - {0x81, 0x8D, 0x8F, 0x90, 0x9D}).decode("cp1252") + "]"
)
_TCVN3_CODES: Final = str.maketrans(dict(TCVN3))


def from_tcvn3(text: str) -> str:
    """Latin-1 text of an ABC font as NFC.

    The encoding has no toned capitals: a capital font shows the same bytes. So a word of plain capitals is taken to be
    capital throughout, and a word that starts with a converted letter gets a capital where the text has capitals.
    """
    plain = [letter for letter in text if letter.isascii() and letter.isalpha()]
    if len(plain) > 3 and all(letter.isupper() for letter in plain):
        return unicodedata.normalize("NFC", text.translate(_TCVN3_CODES).upper())
    with_capitals = any(letter.isupper() for letter in plain)
    words = []
    for word in text.split(" "):
        converted = word.translate(_TCVN3_CODES)
        letters = [letter for letter in word if letter.isascii() and letter.isalpha()]
        if len(letters) > 1 and all(letter.isupper() for letter in letters):
            converted = converted.upper()
        elif with_capitals and not word[:1].isascii():
            converted = converted[:1].upper() + converted[1:]
        words.append(converted)
    return unicodedata.normalize("NFC", " ".join(words))


def from_vni(text: str) -> str:
    """Latin-1 text of a VNI font as NFC."""
    out: list[str] = []
    position = 0
    while position < len(text):
        pair = VNI.get(text[position : position + 2]) if position + 1 < len(text) else None
        if pair is not None:
            out.append(pair)
            position += 2
        else:
            out.append(VNI.get(text[position], text[position]))
            position += 1
    return unicodedata.normalize("NFC", "".join(out))


def from_windows_1258(text: str) -> str:
    """Latin-1 (or Windows-1252) text that is code page 1258, as NFC: its tones are marks behind the vowel."""
    decoded = bytearray()
    for letter in text:
        try:
            decoded += letter.encode("latin-1")
        except UnicodeEncodeError:
            try:
                decoded += letter.encode("cp1252")
            except UnicodeEncodeError:
                return text
    return unicodedata.normalize("NFC", decoded.decode("cp1258", "replace"))


CONVERTERS: Final[Mapping[Font, Callable[[str], str]]] = MappingProxyType(
    {Font.TCVN3: from_tcvn3, Font.VNI: from_vni, Font.WINDOWS_1258: from_windows_1258}
)


def fits_font(text: str) -> bool:
    """Whether the text could be such a font at all: not plain ASCII, and every letter a Latin-1 or Windows-1252 one."""
    return not text.isascii() and _OUTSIDE.search(text) is None
