"""Names: Vietnamese and foreign, as written, as compared, and in the letters of a passport (ICAO Doc 9303-3).

Vietnamese text reaches us composed and decomposed, with the tone on either vowel of a group (hòa, hoà), in any case,
with the letter eth where D with stroke is meant. All of that is one name.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from certificates.errors import RecordError
from certificates.records.icao9303 import LETTERS
from certificates.records.model import Person
from certificates.schema import TEXT_LIMIT

_TONES: Final = "\u0300\u0301\u0303\u0309\u0323"  # grave, acute, tilde, hook above, dot below
_APOSTROPHES: Final = "'’‘ʼʹ`´′＇"
# They turn the order of what is shown: a name with one of them is not what it looks like.
DIRECTION_MARKS: Final = frozenset("\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_INVISIBLE: Final = dict.fromkeys(map(ord, {*"\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff", *DIRECTION_MARKS}))
_ANY_INVISIBLE: Final = re.compile(f"[{''.join(map(chr, _INVISIBLE))}]")
_TO_APOSTROPHE: Final = dict.fromkeys(map(ord, _APOSTROPHES), "'")
_SEPARATOR: Final = re.compile(r"[\s<,/‐-―−-]+")  # blanks, fillers, commas, slashes, hyphens and dashes
_VOWEL_GROUP: Final = re.compile(rf"(?:[aeiouy][\u0302\u0306\u031b{_TONES}]*)+")
_GREEK_OU: Final = re.compile("Ο[ΥΎ]")  # one sound of two letters (ELOT 743)
_TONE: Final = re.compile(f"[{_TONES}]")
# Ê Đê, Gia Rai, K'Ho, Xơ Đăng and others put a particle of sex first, which is no family name.
_WORDS: Final = 8192  # a country's names have few words, and each is met again and again
_HIGHLAND_WORDS: Final = frozenset({"h", "h'", "y", "k", "k'", "a", "ka"})
_HIGHLAND_START: Final = re.compile(r"[hk]'\S")
# Clans, which the Ê Đê and M'Nông put last, alone or with a word behind (Niê Kdăm), as `_plain` writes them.
_CLANS_TEXT: Final = """
adrong ajrong alio ayun bdap bing bkrong buon bya dak dieu ding eban ecam enuol hdok hdrue hlong
hmok hwing jdrang kbin kbuor kdoh khin kla knul kpa kpor kpuih kriem krong ksor ktla ktul lieng mlo
nay nie ntrang rahlan rcam rcom rlan rmah siu uong
"""
_CLANS: Final = frozenset(_CLANS_TEXT.split())


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PersonName:
    """A name in two parts, in NFC with single blanks. Either may be empty: some peoples have no family name."""

    surname: str
    given: str

    def __repr__(self) -> str:
        return "PersonName(...)"


def clean(text: str) -> str:
    """NFC, no invisible characters or direction marks, one plain blank between words."""
    composed = unicodedata.normalize("NFC", text)
    if not composed.isascii() and _ANY_INVISIBLE.search(composed):
        composed = composed.translate(_INVISIBLE)
    return " ".join(composed.split())


def clip(text: str) -> str:
    """At most 80 characters of `clean` text, never cut inside a letter with its marks."""
    text = clean(text)
    if len(text) <= TEXT_LIMIT:
        return text
    end = TEXT_LIMIT
    while end and unicodedata.combining(text[end]):
        end -= 1
    return text[:end].rstrip()


def comparable(text: str) -> str:
    """A form that is equal for two spellings of one name, and for nothing else.

    NFC or NFD, case, tone placement, kinds of apostrophe and blank, eth for D with stroke do not matter. Marks do:
    a name without diacritics is another name.
    """
    lowered = unicodedata.normalize("NFD", clean(text).casefold()).translate(_TO_APOSTROPHE)
    lowered = lowered.replace("ð", "đ").replace("ɖ", "đ").replace("' ", "'")
    return unicodedata.normalize("NFC", _VOWEL_GROUP.sub(_tone_last, lowered))


def split_name(person: Person) -> PersonName:
    """Family and given name. Own fields win; then "FAMILY, given"; then the first word is the family name.

    Where that first word is a Highland particle (H', Y, K', A, Ka), the family name is a known clan and what follows
    it, and without one there is none. A particle inside ends the family name (Rơ Chăm H'Yéo); Rơ takes its second
    word. A single word is a family name (ICAO 9303-3, 4.6: it is the primary identifier).
    """
    return split_parts(person.full_name, person.family_name, person.given_name)


def split_parts(full_name: str, family_name: str | None, given_name: str | None) -> PersonName:
    """`split_name` of the fields of a `Person`."""
    if family_name or given_name:
        return PersonName(surname=clean(family_name or ""), given=clean(given_name or ""))
    return _split(full_name)


@lru_cache(maxsize=_WORDS)
def _split(full_name: str) -> PersonName:
    full = clean(full_name)
    if full.count(",") == 1:
        surname, given = (part.strip() for part in full.split(","))
        return PersonName(surname=surname, given=given)
    words = full.split()
    plain = [_plain(word) for word in words]
    if len(words) > 1 and (plain[0] in _HIGHLAND_WORDS or _HIGHLAND_START.match(plain[0])):
        first = 1 if _HIGHLAND_START.match(plain[0]) else 2  # a particle alone is no given name
        clan = next((i for i in range(first, len(words)) if plain[i] in _CLANS), len(words))
        return PersonName(surname=" ".join(words[clan:]), given=" ".join(words[:clan]))
    end = next((i for i in range(1, len(words)) if _HIGHLAND_START.match(plain[i])), 2 if plain[:1] == ["ro"] else 1)
    return PersonName(surname=" ".join(words[:end]), given=" ".join(words[end:]))


@lru_cache(maxsize=_WORDS)
def transliterate(text: str) -> str:
    """``text`` for ``fnt`` or ``gnt``: A-Z and ``<``, at most 80 characters (ICAO Doc 9303-3, section 6 and 4.6).

    Apostrophes and other punctuation are dropped; blanks, hyphens, commas and slashes become one filler.

    Raises RecordError ``name-letters`` for letters and digits that the tables do not have.
    """
    prepared = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", clean(text))).upper()
    prepared = _GREEK_OU.sub("OU", prepared)
    words = (_word(word) for word in _SEPARATOR.split(prepared))
    return "<".join(word for word in words if word)[:TEXT_LIMIT].rstrip("<")


@lru_cache(maxsize=_WORDS)
def _word(word: str) -> str:
    out: list[str] = []
    for character in word:
        if "A" <= character <= "Z":
            out.append(character)
            continue
        letters = LETTERS.get(character)
        if letters is None:
            letters = _without_marks(character)
        out.append(letters)
    return "".join(out)


def _without_marks(character: str) -> str:
    base = unicodedata.normalize("NFD", character)[0]
    if "A" <= base <= "Z":
        return base
    if base in LETTERS:
        return LETTERS[base]
    if unicodedata.category(base)[0] in "LN":
        raise RecordError("name-letters", "a letter or digit that ICAO 9303-3 does not write", fields=("full_name",))
    return ""


def _tone_last(match: re.Match[str]) -> str:
    group = match.group()
    return _TONE.sub("", group) + "".join(_TONE.findall(group))


@lru_cache(maxsize=_WORDS)
def _plain(word: str) -> str:
    """Lower case without marks, plain apostrophes: for the lists of this module only."""
    lowered = unicodedata.normalize("NFD", word.casefold()).translate(_TO_APOSTROPHE)
    lowered = "".join(c for c in lowered if not unicodedata.combining(c))
    return lowered.replace("đ", "d").replace("ƀ", "b")
