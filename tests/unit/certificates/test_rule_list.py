import json

import pytest

from certificates import purposes, rule_list
from certificates.errors import CertificateError, RuleError
from certificates.rule_files import read_json
from certificates.rules import DEFAULT_RULES, RuleSet
from tests.support.codes import AT
from tests.support.trust_lists import LIST_KEY, ROOTS, WEEK, sealed, signed

NOW = int(AT.timestamp())
TEXT = rule_list.join(read_json(DEFAULT_RULES))


def refused(data: bytes) -> str:
    with pytest.raises(CertificateError) as refusal:
        rule_list.verify(data, ROOTS)
    return refusal.value.code


def test_there_and_back() -> None:
    data = rule_list.sign(TEXT, LIST_KEY, version=2, issued_at=AT, expires_at=AT + WEEK)
    found = rule_list.verify(data, ROOTS)
    assert (found.version, found.issued_at, found.expires_at) == (2, AT, AT + WEEK)
    assert [rule.identifier for rule in found.rules.rules] == [rule.identifier for rule in RuleSet.default().rules]


def test_a_reader_needs_no_value_sets_of_its_own() -> None:
    sets = json.loads(TEXT)["valueSets"]
    assert "EU/1/20/1528" in sets["vaccines-covid-19-names"]
    own = {"valueSetId": "vaccines-covid-19-names", "valueSetValues": {"X-1": {}}}
    assert json.loads(rule_list.join([*read_json(DEFAULT_RULES), own]))["valueSets"]["vaccines-covid-19-names"] == [
        "X-1"
    ]


def test_what_is_no_rule_is_not_joined() -> None:
    with pytest.raises(RuleError, match="rules-none"):
        rule_list.join([{"rules": []}])


@pytest.mark.parametrize("body", [None, b"{}", "", "{}", "[", "[" * 100_000, '{"rules": [1]}', '{"rules": []}'])
def test_what_is_signed_and_yet_no_rules(body: object) -> None:
    assert refused(sealed(["rules", 1, 1, NOW, NOW + 60, body], purposes.RULES)) == "list-form"


def test_another_list_is_no_rules() -> None:
    assert refused(signed()) == "list-signature"
