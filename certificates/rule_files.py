"""Files of acceptance rules and value sets: JSON in, checked parts out."""

import json
from pathlib import Path
from typing import Final, NoReturn

from certificates.errors import RuleError

MAX_BYTES: Final = 16 * 1024 * 1024  # of one file


def read_json(path: Path) -> list[object]:
    """The contents of a JSON file, or of all ``*.json`` of a folder, in the order of their names.

    Raises RuleError ``rules-unreadable``, ``rules-size`` or ``rules-form``.
    """
    try:
        files = sorted(path.glob("*.json")) if path.is_dir() else [path]
        return [_read(file) for file in files]
    except OSError as error:
        raise RuleError("rules-unreadable", f"it cannot be read: {error.strerror}") from error


def _refuse(detail: str) -> NoReturn:
    raise RuleError("rules-form", detail)


def _read(file: Path) -> object:
    with file.open("rb") as stream:
        content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise RuleError("rules-size", f"{file.name} is too large")
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise RuleError("rules-form", f"{file.name} is not JSON") from error


def split(document: object) -> tuple[list[object], dict[str, object]]:
    """The rules of a document and its value sets by name; neither looked into. Raises RuleError ``rules-form``."""
    if type(document) is list:
        return document, {}
    if type(document) is not dict:
        _refuse("neither a list of rules nor an object")
    if "valueSetId" in document:
        name, values = document["valueSetId"], document.get("valueSetValues")
        if type(name) is not str or type(values) is not dict:
            _refuse("a value set without its name or values")
        return [], {name: list(values)}
    rules, value_sets = document.get("rules", []), document.get("valueSets", {})
    if type(rules) is not list or type(value_sets) is not dict:
        _refuse("rules is not a list, or valueSets is not an object")
    return rules, value_sets


def codes_of(name: str, codes: object) -> list[str]:
    """The codes of a value set. Raises RuleError ``rules-form``."""
    if type(codes) is not list or not all(type(code) is str for code in codes):
        _refuse(f"value set {name}: not a list of texts")
    return codes
