"""Signed acceptance rules: the rules of one or more countries with the value sets that they refer to, versioned.

The body of the list (`certificates.signed_list`) is one text: JSON, ``{"rules": [...], "valueSets": {name: [code]}}``.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from certificates import purposes, signed_list
from certificates.errors import RuleError
from certificates.rule_files import MAX_BYTES, split
from certificates.rules import VALUE_SETS, RuleSet
from certificates.signed_list import ListHead, ListKind, malformed
from certificates.signing import SigningKey

RULES: Final = ListKind(name="rules", purpose=purposes.RULES, max_size=MAX_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleList(ListHead):
    """Rules whose signature was verified up to a pinned root. Made by `verify` only."""

    rules: RuleSet


def join(documents: Sequence[object]) -> str:
    """Decoded JSON files of rules and value sets (`certificates.rule_files`) as one text, with our own value sets
    where they bring none, so that a reader needs nothing else.

    Raises:
        RuleError: as `RuleSet.from_json`.
    """
    rules: list[object] = []
    value_sets: dict[str, Any] = {name: list(codes) for name, codes in VALUE_SETS.items()}
    for document in documents:
        found, named = split(document)
        rules += found
        value_sets |= named
    joined = {"rules": rules, "valueSets": value_sets}
    RuleSet.from_json(joined)
    return json.dumps(joined, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def sign(text: str, key: SigningKey, *, version: int, issued_at: datetime, expires_at: datetime) -> bytes:
    """Sign what `join` gave. Raises IssuanceError as `signed_list.sign`."""
    return signed_list.sign(RULES, text, key, version=version, issued_at=issued_at, expires_at=expires_at)


def verify(data: bytes, roots: Collection[bytes]) -> RuleList:
    """Signed rules, whether or not they are still in force.

    Raises:
        CertificateError: as `signed_list.verify`.
    """
    found = signed_list.verify(data, roots, RULES)
    if type(found.body) is not str:
        raise malformed("the rules are not a text")
    try:
        rules = RuleSet.from_json(json.loads(found.body))
    except (ValueError, RecursionError, RuleError) as error:
        raise malformed("the rules cannot be read") from error
    return RuleList.of(found, rules=rules)
