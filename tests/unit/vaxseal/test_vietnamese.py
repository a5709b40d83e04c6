"""Whatever stops the person at a station's token is said in Vietnamese, too."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import signer
from api.problem_kinds import KINDS
from hsm import errors
from signer.agent import _THIS_MACHINE
from vaxseal.vietnamese import SENTENCES, vietnamese_of


def codes() -> Iterator[str]:
    yield from _THIS_MACHINE
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, errors.TokenError):
            yield kind.code
    room = Path(signer.__file__).parent
    modules = ("agent", "client", "roles", "journal", "journal_folder", "kept_batch", "published")
    for path in (*(room / f"{module}.py" for module in modules), *(room / "desk").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or getattr(node.func, "id", "") != "AgentError":
                continue
            if isinstance(code := node.args[0], ast.Constant):
                yield str(code.value)


@pytest.mark.parametrize("code", sorted({*codes(), *KINDS}))
def test_every_code_has_a_sentence(code: str) -> None:
    sentence = vietnamese_of(code)
    assert sentence.endswith(".")
    assert not sentence.isascii()


def test_no_sentence_is_left_over_and_an_unknown_code_has_none() -> None:
    assert set(SENTENCES) - set(codes()) == {"approval-needed", "lists-unreachable", "pin-none", "stopped"}
    assert vietnamese_of("none-such") == ""
