"""Whether text is Vietnamese, by the build of its syllables: how encodings are told apart."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

_TONES: Final = "\u0300\u0301\u0303\u0309\u0323"
_ONSET: Final = "(?:ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|b|c|d|đ|g|h|k|l|m|n|p|q|r|s|t|v|x)?"
_NUCLEUS: Final = (
    "(?:iêu|yêu|oai|oao|oay|oeo|uây|uôi|uya|uyê|uyu|ươi|ươu|"
    "ai|ao|au|ay|âu|ây|eo|êu|ia|iê|iu|oa|oă|oe|oi|oo|ôi|ơi|ua|uâ|uê|ui|uô|uơ|uy|ưa|ươ|ưi|ưu|yê|"
    "[aăâeêioôơuưy])"
)
_CODA: Final = "(?:ng|nh|ch|c|m|n|p|t)?"
_SYLLABLE: Final = re.compile(f"{_ONSET}{_NUCLEUS}{_CODA}")
_TONE: Final = re.compile(f"[{_TONES}]")
_WORD: Final = re.compile(r"[^\s,;.:/()\"'’\-0-9]+")


def score(text: str) -> int:
    """One up for every word with marks that is a syllable of Vietnamese, two down for every one that is not.

    Words of plain ASCII letters say nothing about the encoding. Names of other peoples score down in every encoding
    alike, so that only differences count.
    """
    if text.isascii():
        return 0
    total = 0
    for word in _WORD.findall(text):
        if not word.isascii():
            total += 1 if is_syllable(word) else -2
    return total


@lru_cache(maxsize=1 << 14)
def is_syllable(word: str) -> bool:
    """Whether one word is a possible syllable: onset, vowels, ending, and at most one tone; small or capital alike."""
    if word != word.lower() and word != word.upper() and word != word.capitalize():
        return False  # one capital in mid-word is the mark of a wrong table
    marked = unicodedata.normalize("NFD", word.lower())
    plain, tones = _TONE.subn("", marked)
    return tones <= 1 and _SYLLABLE.fullmatch(unicodedata.normalize("NFC", plain)) is not None
