import pytest
from starlette.requests import Request

from api.conditional import is_known


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ("", False),
        ('"a"', True),
        ('W/"a"', True),
        ('"b", W/"a"', True),
        ("*", True),
        ('"b"', False),
        ("a", False),
        ('"aa"', False),
    ],
)
def test_what_the_asker_has_already(given: str, known: bool) -> None:
    assert is_known(Request({"type": "http", "headers": [(b"if-none-match", given.encode())]}), '"a"') is known
