"""Public test sets, read in place: copies of them are never kept here."""

import json
import os
from pathlib import Path
from typing import Any

import pytest


def fixtures(what: str) -> Path:
    """The folder that VAXSEAL_FIXTURES names; skips the test when it names none, saying ``what`` is left out."""
    folder = os.environ.get("VAXSEAL_FIXTURES")
    if not folder:
        pytest.skip(f"VAXSEAL_FIXTURES is not set: {what} left out")
    assert Path(folder).is_dir(), f"VAXSEAL_FIXTURES names {folder}, which is not a folder"
    return Path(folder)


def read_json(name: str) -> Any:
    """A JSON file of the test sets, by its path inside the folder."""
    return json.loads((fixtures(name) / name).read_bytes())


def read_jsonl(name: str) -> list[dict[str, Any]]:
    """A JSON Lines file of the test sets, by its path inside the folder."""
    return [json.loads(line) for line in (fixtures(name) / name).read_text("utf-8").splitlines()]
