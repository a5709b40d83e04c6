"""The pages that say what is held off, and by which test: every test that they name is there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


@cache
def _functions_in(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize("page", ["attacks.md", "checking.md"])
def test_every_test_that_a_page_names_exists(page: str) -> None:
    text = (ROOT / "docs" / page).read_text("utf-8")
    named = _NAMED.findall(text)
    assert len(named) > 40
    missing = [
        f"{file}::{name}" for file, name in named if not (ROOT / file).exists() or name not in _functions_in(file)
    ]
    assert missing == []


@pytest.mark.parametrize("page", ["attacks.md", "checking.md"])
def test_no_line_is_left_without_a_test(page: str) -> None:
    """A row of a table with a column of tests names one, or says "later"."""
    has_tests = False
    for line in (ROOT / "docs" / page).read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            has_tests = False
        elif cells[-1] in ("test", "held by"):
            has_tests = True
        elif has_tests and not cells[0].startswith(("---", "**")):
            assert _NAMED.search(cells[-1]) or cells[-1].startswith("later"), line
