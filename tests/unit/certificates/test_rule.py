from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates.errors import RuleError
from certificates.rule import CertificateType, Rule, RuleType, parse_version
from tests.support.rules import rule


def test_a_rule_is_read() -> None:
    read = Rule.from_dict(rule(Version="1.12.3", Region="AB", Policies=["border"], Hash="ignored"))
    assert (read.identifier, read.type, read.country, read.region) == ("GR-XX-0001", RuleType.ACCEPTANCE, "XX", "AB")
    assert (read.version, read.schema_version) == ((1, 12, 3), (1, 0, 0))
    assert read.certificate_type is CertificateType.GENERAL
    assert (read.valid_from, read.valid_to) == (datetime(2021, 6, 1, tzinfo=UTC), datetime(2030, 6, 1, tzinfo=UTC))
    assert (read.affected_fields, read.policies) == (("v.0",), ("border",))
    assert read.logic is not None
    assert read.logic.evaluate({}) is True
    assert Rule.from_dict(rule(Region="", AffectedFields=None)).region is None


def test_descriptions_fall_back_to_english_and_then_to_any() -> None:
    read = Rule.from_dict(rule())
    assert read.description("vi") == read.description("VI") == "GR-XX-0001 hỏi."
    assert read.description("fr") == "GR-XX-0001 asks."
    assert Rule.from_dict(rule(Description=[{"lang": "de", "desc": "fragt"}])).description("vi") == "fragt"


@pytest.mark.parametrize(
    "changes",
    [
        *({name: None} for name in rule() if name not in ("AffectedFields", "Logic", "Engine")),
        *({"Identifier": "x" * 99}, {"Identifier": 1}, {"Type": "Revocation"}, {"Type": []}, {"Country": "Vietnam"}),
        *({"Region": 1}, {"Version": "one"}, {"Version": 1}, {"SchemaVersion": ""}, {"CertificateType": "Booster"}),
        *({"ValidFrom": "2021-06-01"}, {"ValidTo": "never"}, {"ValidTo": 2030}, {"AffectedFields": "v"}),
        *({"AffectedFields": [1]}, {"Policies": {}}, {"Description": "text"}, {"Description": []}),
        *({"Description": ["x"]}, {"Description": [{"lang": "en"}]}, {"Description": [{"desc": "text"}]}),
        *({"Description": [{"lang": "en", "desc": ""}]}, {"Description": [{"lang": "-", "desc": "text"}]}),
    ],
)
def test_another_form_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(RuleError) as caught:
        Rule.from_dict(rule(**changes))
    assert caught.value.code == "rule-form"


@pytest.mark.parametrize("data", [None, [], "rule", 1])
def test_what_is_no_rule_at_all(data: object) -> None:
    with pytest.raises(RuleError):
        Rule.from_dict(data)


@pytest.mark.parametrize("logic", [{"or": [True, False]}, 3.14, {"var": "a..b"}])
def test_malformed_logic_is_refused(logic: object) -> None:
    with pytest.raises(RuleError) as caught:
        Rule.from_dict(rule("VR-XX-0007", logic))
    assert caught.value.code == "rule-logic"
    assert "VR-XX-0007" in caught.value.detail


@pytest.mark.parametrize(
    "changes", [{"Engine": "REGO"}, {"Engine": None}, {"EngineVersion": "1.4.0"}, {"EngineVersion": "2.0"}]
)
def test_another_engine_leaves_the_rule_without_logic(changes: dict[str, Any]) -> None:
    assert Rule.from_dict(rule(logic={"or": []}, **changes)).logic is None
    assert Rule.from_dict(rule(EngineVersion="1.3.9")).logic is not None


@given(st.dictionaries(st.sampled_from(sorted(rule())), st.none() | st.text() | st.integers() | st.lists(st.text())))
def test_nothing_but_rule_errors(changes: dict[str, Any]) -> None:
    with suppress(RuleError):
        Rule.from_dict({**rule(), **changes})


def test_versions_are_compared_by_number() -> None:
    assert parse_version("1.10.0") > parse_version("1.9.9")
    assert parse_version(" 1x3.0 ") == (1, 3, 0)
