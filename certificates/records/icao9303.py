"""Letters outside A-Z and how a machine-readable passport writes them (ICAO Doc 9303-3, 8th edition, section 6).

Upper-case keys. A letter that only carries marks (É, Ạ, Ơ, Ş) is not listed: it loses them. Where the tables give a
choice, the form that needs no knowledge of the language is taken.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_LATIN: Final = {
    "Ä": "AE",
    "Å": "AA",
    "Æ": "AE",
    "Ǽ": "AE",
    "Ǣ": "AE",
    "Ð": "D",  # eth, and the look-alike of D with stroke
    "Đ": "D",
    "Ɖ": "D",
    "Ƀ": "B",
    "Ħ": "H",
    "Ĳ": "IJ",
    "ĸ": "Q",
    "Ł": "L",
    "Ŀ": "L",
    "ŉ": "N",
    "Ŋ": "N",
    "Ö": "OE",
    "Ø": "OE",
    "Ǿ": "OE",
    "Œ": "OE",
    "ß": "SS",
    "ẞ": "SS",
    "Þ": "TH",
    "Ŧ": "T",
    "Ü": "UE",
    "Ə": "E",
    "Ɨ": "I",
}
_CYRILLIC_LETTERS: Final = "АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЭЮЯЄІЇҐЎЂЉЊЋЃЌЅЏЈѴѪ"
_CYRILLIC_WRITTEN: Final = """
A B V G D E E ZH Z I I K L M N O P R S T U F KH TS CH SH SHCH IE Y E IU IA IE I I G U D LJ NJ C G K DZ DZ J Y U
"""
# The tables of ICAO 9303-3 have no Greek; Greek passports follow ELOT 743 (ISO 843).
_GREEK_LETTERS: Final = "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ"
_GREEK_WRITTEN: Final = "A V G D E Z I TH I K L M N X O P R S T Y F CH PS O"

LETTERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **_LATIN,
        **dict(zip(_CYRILLIC_LETTERS, _CYRILLIC_WRITTEN.split(), strict=True)),
        "Ь": "",  # a sign, not a sound
        **dict(zip(_GREEK_LETTERS, _GREEK_WRITTEN.split(), strict=True)),
    }
)
