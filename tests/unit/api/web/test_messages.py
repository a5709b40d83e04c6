import re
from string import Formatter

import pytest
from starlette.requests import Request

from api.web.messages import language_of, messages_of
from tests.support.messages import TEMPLATES, translated, used

LETTERS = re.compile(r"[^\W\d_]{2,}")
TOLD = re.compile(r"""(?:placeholder|title|alt|aria-label|aria-description)\s*=\s*["'][^"']*[^\W\d_]""")
JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
TAGS = re.compile(r"<[^>]*>")
SAME = {"vaxseal"}  # names that are the same in all languages


def test_both_languages_say_everything() -> None:
    said = translated()
    assert [message for message in used() if not any(said.get(message, ""))] == []
    assert set(said) == set(used()), "run python -m tests.support.messages"


def places(text: str) -> set[str]:
    found = set(re.findall(r"%\((\w+)\)", text))
    assert [name for _, name, _, _ in Formatter().parse(text) if name] == [], "messages take %(name)s"
    return found


def test_a_translation_has_the_places_of_its_message() -> None:
    for message, said in translated().items():
        english = message if isinstance(message, str) else message[-1]
        for text in (said,) if isinstance(said, str) else said:
            assert places(text) == places(english), message


def test_no_word_of_a_template_stands_outside_the_catalogue() -> None:
    for template in TEMPLATES.rglob("*.html"):
        if template.name == "look.html":
            continue  # its examples are names of people and places, and of colours
        plain = JINJA.sub("", template.read_text("utf-8"))
        words = [word for word in LETTERS.findall(TAGS.sub(" ", plain)) if word not in SAME]
        assert (words, TOLD.findall(plain)) == ([], []), template.name


@pytest.mark.parametrize(
    ("cookie", "accept", "language"),
    [
        ("", "", "vi"),
        ("", "en-GB,en;q=0.8", "en"),
        ("language=en", "vi", "en"),
        ("language=vi", "en", "vi"),
        ("language=xx", "en", "en"),
    ],
)
def test_the_language_is_chosen_or_asked_for(cookie: str, accept: str, language: str) -> None:
    headers = [(b"cookie", cookie.encode()), (b"accept-language", accept.encode())]
    assert language_of(Request({"type": "http", "headers": headers})) == language


def test_plurals() -> None:
    english = messages_of("en")
    assert [english.ngettext("%(num)s day", "%(num)s days", count) for count in (0, 1, 2)] == [
        "%(num)s days",
        "%(num)s day",
        "%(num)s days",
    ]
