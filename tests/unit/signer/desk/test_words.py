"""Every sentence of the page in both languages, and every colour readable."""

import json
import re
import unicodedata
from importlib import resources
from typing import Final

import pytest

from signer import oddities
from signer.desk.app import page_files

PAGES: Final = resources.files("signer.desk") / "pages"
SCRIPTS: Final = "".join(file.read_text() for file in PAGES.iterdir() if file.name.endswith(".js"))
WORDS: Final[dict[str, list[str]]] = json.loads((PAGES / "words.json").read_text(encoding="utf-8"))
ALIKE: Final = {"app.person", "app.language"}  # the same, or each in the other's language
BUILT: Final = re.compile(  # from names that the desk gives
    r"(odd|why|refused|work|view|col)\..*|not-ready\.col-.*|token\.help-."
    r"|pin\.(low|final|locked|none|expired)|receipt\.(signed|held|unsent|returned|refused|left)"
)
PAIRS: Final = (  # text, what it stands on, the least contrast (WCAG 2.2: 4.5 for text, 3 for edges and what acts)
    ("ink", "paper", 7.0),
    ("ink", "card", 7.0),
    ("ink", "brand-wash", 7.0),
    ("ink", "warn-wash", 7.0),
    ("soft", "paper", 4.5),
    ("soft", "card", 4.5),
    ("soft", "warn-wash", 4.5),
    ("brand-ink", "brand", 4.5),
    ("warn", "warn-wash", 4.5),
    ("warn", "card", 4.5),
    ("bad", "bad-wash", 4.5),
    ("good", "good-wash", 4.5),
    ("edge", "card", 3.0),
    ("edge", "paper", 3.0),
    ("brand", "line", 3.0),
    ("focus", "card", 3.0),
    ("focus", "paper", 3.0),
)


def test_every_sentence_stands_in_both_languages() -> None:
    for key, (vietnamese, english) in WORDS.items():
        assert vietnamese, key
        assert english, key
        assert key in ALIKE or vietnamese != english, key
        assert sorted(re.findall(r"\{\w+\}", vietnamese)) == sorted(re.findall(r"\{\w+\}", english)), key
        assert unicodedata.normalize("NFC", vietnamese) == vietnamese, key
        assert key in ALIKE or not re.search("[à-ỹđ]", english.lower()), key


def test_every_sentence_that_the_page_says_is_there_and_no_other() -> None:
    groups = "|".join(sorted({key.partition(".")[0] for key in WORDS}))
    said = set(re.findall(rf'"((?:{groups})\.[a-z0-9-]+)"', SCRIPTS))
    assert said <= WORDS.keys()
    unsaid = {key for key in WORDS.keys() - said if not BUILT.fullmatch(key)}
    assert unsaid == set()


def test_what_deserves_a_look_has_its_words() -> None:
    source = resources.files("signer").joinpath("oddities.py").read_text()
    codes = {*re.findall(r'code="([a-z-]+)"', source), *oddities._WORDS}
    assert {code for code in codes if f"odd.{code}" not in WORDS} == set()


def test_the_pages_files_load_nothing_from_elsewhere() -> None:
    for path, (data, _) in page_files().items():
        text = data.decode()
        addresses = set(re.findall(r"https?://[^\s\"')]+", text)) - {"http://www.w3.org/2000/svg"}
        assert addresses == set(), path
        assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|new Function", text), path
        assert not re.search(r"<script(?! type=\"module\" src=)|<style|\sstyle=|\son[a-z]+=", text), path


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground", "least"), PAIRS)
def test_contrast(theme: str, text: str, ground: str, least: float) -> None:
    colours = tokens(theme)
    assert contrast(colours[text], colours[ground]) >= least


def tokens(theme: str) -> dict[str, str]:
    """The design's colours: the first block is light, the second dark."""
    blocks = re.findall(r":root \{(.*?)\}", (PAGES / "desk.css").read_text(), re.DOTALL)
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", blocks[0 if theme == "light" else 1]))


def contrast(one: str, other: str) -> float:
    """WCAG 2.2: (lighter + 0.05) / (darker + 0.05)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
