import pytest

from api.problems import KINDS, describe, preferred_language


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("", "vi"),
        ("en", "en"),
        ("en-GB,en;q=0.9,vi;q=0.5", "en"),
        ("en;q=0.4, vi-VN;q=0.8", "vi"),
        ("fr", "vi"),
        ("fr, en;q=0.1", "en"),
        ("en;q=0", "vi"),
        ("en;q=x", "vi"),
        (";;;,,,", "vi"),
    ],
)
def test_language(accept: str, language: str) -> None:
    assert preferred_language(accept) == language


def test_every_problem_has_words_in_both_languages() -> None:
    for code, kind in KINDS.items():
        assert 400 <= kind.status < 600, code
        for words in (kind.vi, kind.en):
            assert words.title.strip(), code
            assert words.detail.endswith("."), code
        assert kind.vi != kind.en, code


def test_an_unknown_code_says_nothing_internal() -> None:
    assert describe("no-such-code") == KINDS["internal"].en
