import json

import pytest
from fastapi import Request

from api.problem_kinds import KINDS
from api.problems import preferred_language, respond


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
    request = Request({"type": "http", "headers": [(b"accept-language", b"en")]})
    answer = respond(request, "no-such-code")
    body = json.loads(bytes(answer.body))
    assert answer.status_code == 500
    assert (body["code"], body["detail"]) == ("internal", KINDS["internal"].en.detail)
