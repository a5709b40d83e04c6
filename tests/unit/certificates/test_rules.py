import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from certificates.errors import CheckReason, RuleError
from certificates.rule import CertificateType, Rule
from certificates.rules import MAX_RULES, Outcome, RefusedByRules, RuleSet
from certificates.valuesets import PRODUCTS
from tests.support.codes import AT, EXP, IAT
from tests.support.fixtures import read_json, read_jsonl
from tests.support.rules import negative, recovery, rule, vaccination

VACCINATION = CertificateType.VACCINATION


def names(rules: RuleSet, kind: CertificateType = VACCINATION, at: datetime = AT, **place: Any) -> list[str]:
    selected = rules.select(kind, at, **{"country": "XX", **place})
    return [f"{found.identifier} {'.'.join(map(str, found.version))}" for found in selected]


def test_selection_by_country_kind_and_time() -> None:
    rules = RuleSet.from_json(
        [
            rule("GR-XX-0001"),
            rule("VR-XX-0001", CertificateType="Vaccination"),
            rule("TR-XX-0001", CertificateType="Test"),
            rule("RR-XX-0001", CertificateType="Recovery"),
            rule("VR-YY-0001", Country="YY"),
            rule("VR-XX-0002", ValidFrom="2022-06-01T00:00:01Z"),
            rule("VR-XX-0003", ValidTo="2022-06-01T00:00:00Z"),
        ]
    )
    assert names(rules) == ["GR-XX-0001 1.0.0", "VR-XX-0001 1.0.0", "VR-XX-0003 1.0.0"]
    assert names(rules, at=AT + timedelta(seconds=1)) == ["GR-XX-0001 1.0.0", "VR-XX-0001 1.0.0", "VR-XX-0002 1.0.0"]
    assert names(rules, CertificateType.TEST) == ["GR-XX-0001 1.0.0", "TR-XX-0001 1.0.0", "VR-XX-0003 1.0.0"]
    assert names(rules, CertificateType.RECOVERY, country="YY") == ["VR-YY-0001 1.0.0"]
    assert names(rules, country="ZZ") == []
    assert rules.countries == {"XX", "YY"}


def test_the_highest_version_in_force_counts() -> None:
    rules = RuleSet.from_json(
        [
            rule(Version="1.9.0"),
            rule(Version="1.10.0", ValidTo="2022-01-01T00:00:00Z"),
            rule(Version="1.2.0"),
            rule(Version="2.0.0", ValidFrom="2023-01-01T00:00:00Z"),
        ]
    )
    assert names(rules) == ["GR-XX-0001 1.9.0"]
    assert names(rules, at=datetime(2021, 12, 1, tzinfo=UTC)) == ["GR-XX-0001 1.10.0"]
    assert names(rules, at=datetime(2024, 1, 1, tzinfo=UTC)) == ["GR-XX-0001 2.0.0"]


def test_invalidation_rules_are_the_issuers() -> None:
    rules = RuleSet.from_json([rule(), rule("IR-VN-0001", Type="Invalidation", Country="VN", logic=False)])
    assert names(rules) == ["GR-XX-0001 1.0.0"]
    assert names(rules, issuer="VN") == ["GR-XX-0001 1.0.0", "IR-VN-0001 1.0.0"]
    assert rules.countries == {"XX"}
    outcomes = [result.outcome for result in rules.evaluate(vaccination(), AT, country="XX")]
    assert outcomes == [Outcome.PASSED, Outcome.FAILED]


def test_regions_and_policies() -> None:
    rules = RuleSet.from_json(
        [
            rule("GR-XX-0001"),
            rule("GR-XX-0002", Region="AB"),
            rule("GR-XX-0003", Policies=["border", "venue"]),
            rule("GR-XX-0004", Policies=["venue"]),
        ]
    )
    assert names(rules) == ["GR-XX-0001 1.0.0"]
    assert names(rules, region="AB") == ["GR-XX-0002 1.0.0"]
    assert names(rules, policy="border") == ["GR-XX-0001 1.0.0", "GR-XX-0003 1.0.0"]
    assert names(rules, policy="venue") == ["GR-XX-0001 1.0.0", "GR-XX-0003 1.0.0", "GR-XX-0004 1.0.0"]
    assert rules.policies("XX") == ("border", "venue")
    assert rules.policies("YY") == ()


def test_strangers_issuers_have_no_rules() -> None:
    rules = RuleSet.from_json([rule(), rule("IR-YY-0001", Type="Invalidation", Country="YY")])
    assert names(rules, issuer="a stranger") == ["GR-XX-0001 1.0.0"]
    assert names(rules, issuer="YY") == ["GR-XX-0001 1.0.0", "IR-YY-0001 1.0.0"]


def test_what_is_remembered_for_strangers_has_an_end() -> None:
    rules = RuleSet.from_json([rule()])
    certificate = vaccination()
    for number in range(1100):
        assert len(rules.evaluate(certificate, AT, country="XX", policy=f"policy {number}")) == 1
    assert len(rules._prepared) <= 1024


def test_rules_come_and_go_at_their_very_second() -> None:
    rules = RuleSet.from_json(
        [
            rule(),
            rule("GR-XX-0002", ValidFrom="2022-06-01T00:00:00Z", ValidTo="2022-06-02T00:00:00Z"),
            rule("GR-XX-0002", Version="0.9.0", ValidTo="2022-06-01T12:00:00Z", logic=False),
        ]
    )
    moments = [AT + timedelta(hours=hours, seconds=off) for hours in (-24, 0, 12, 24, 48) for off in (-1, 0, 1)]
    certificate = vaccination()
    expected = {
        moment: [rules.select(CertificateType.VACCINATION, moment, country="XX"), moment <= AT + timedelta(hours=24)]
        for moment in moments
    }
    for moment in [*moments, *reversed(moments)]:
        results = rules.evaluate(certificate, moment, country="XX")
        selected, both = expected[moment]
        assert [result.rule for result in results] == selected
        assert (len(results) == 2) is both
        if both:
            assert results[1].outcome is (Outcome.FAILED if moment < AT else Outcome.PASSED)


def test_what_a_rule_may_ask_for() -> None:
    def equal(path: str, value: object) -> dict[str, Any]:
        return {"===": [{"var": f"external.{path}"}, value]}

    def instant(path: str, moment: int) -> dict[str, Any]:
        then = {"plusTime": ["1970-01-01", moment // 3600, "hour"]}
        return {"not-after": [then, {"plusTime": [{"var": f"external.{path}"}, 0, "day"]}, then]}

    certificate = vaccination()
    asked = [
        equal("countryCode", "XX"),
        equal("issuerCountryCode", "VN"),
        equal("region", "AB"),
        equal("validationClock", "2022-06-01T00:00:00+00:00"),
        instant("validationClock", int(AT.timestamp())),
        instant("exp", EXP),
        instant("iat", IAT),
        {"in": [{"var": "payload.v.0.mp"}, {"var": "external.valueSets.vaccines-covid-19-names"}]},
        {"in": [{"var": "payload.v.0.ma"}, {"var": "external.valueSets.vaccines-covid-19-auth-holders"}]},
        {"in": [{"var": "payload.v.0.vp"}, {"var": "external.valueSets.sct-vaccines-covid-19"}]},
        {"in": [{"var": "payload.v.0.tg"}, {"var": "external.valueSets.disease-agent-targeted"}]},
        {"in": [{"var": "payload.v.0.co"}, {"var": "external.valueSets.country-2-codes"}]},
        {"!": [{"in": [{"var": "external.kid"}, ["", "x"]]}]},
    ]
    rules = RuleSet.from_json([rule(f"GR-XX-{i:04}", logic, Region="AB") for i, logic in enumerate(asked)])
    assert {result.outcome for result in rules.check(certificate, AT, country="XX", region="AB")} == {Outcome.PASSED}


def test_own_value_sets_go_before_ours(tmp_path: Path) -> None:
    asks = rule(logic={"in": [{"var": "payload.v.0.mp"}, {"var": "external.valueSets.vaccines-covid-19-names"}]})
    (tmp_path / "rules.json").write_text(json.dumps({"rules": [asks], "valueSets": {"other": ["x"]}}))
    RuleSet.load(tmp_path).check(vaccination(), AT, country="XX")
    value_set = {"valueSetId": "vaccines-covid-19-names", "valueSetValues": {"Abdala": {"active": True}}}
    (tmp_path / "names.json").write_text(json.dumps(value_set))
    with pytest.raises(RefusedByRules):
        RuleSet.load(tmp_path).check(vaccination(), AT, country="XX")
    RuleSet.load(tmp_path).check(vaccination(mp="Abdala"), AT, country="XX")
    RuleSet.load(tmp_path / "rules.json").check(vaccination(), AT, country="XX")


def test_a_refusal_names_the_rules() -> None:
    rules = RuleSet.from_json([rule("GR-XX-0001"), rule("GR-XX-0002", False), rule("GR-XX-0003", {"+": ["a", 1]})])
    certificate = vaccination()
    with pytest.raises(RefusedByRules) as caught:
        rules.check(certificate, AT, country="XX")
    error = caught.value
    assert error.reason is CheckReason.RULE
    assert error.certificate is certificate
    assert [result.outcome for result in error.results] == [Outcome.PASSED, Outcome.FAILED, Outcome.OPEN]
    assert [result.rule.identifier for result in error.not_met] == ["GR-XX-0002", "GR-XX-0003"]
    assert error.detail == (
        "GR-XX-0002: GR-XX-0002 asks.; GR-XX-0003: GR-XX-0003 asks. (open: +: an operand is not an integer)"
    )


@pytest.mark.parametrize("value", [1, "true", [], {"var": "nothing"}, {"plusTime": ["2021", 0, "day"]}])
def test_an_answer_that_is_neither_true_nor_false_leaves_the_rule_open(value: object) -> None:
    (result,) = RuleSet.from_json([rule(logic=value)]).evaluate(vaccination(), AT, country="XX")
    assert (result.outcome, result.detail) == (Outcome.OPEN, "it answers neither true nor false")


def test_an_unknown_engine_or_schema_leaves_the_rule_open() -> None:
    rules = RuleSet.from_json([rule("GR-XX-0001", Engine="REGO"), rule("GR-XX-0002", SchemaVersion="1.3.0")])
    outcomes = [result.outcome for result in rules.evaluate(vaccination(), AT, country="XX")]
    assert outcomes == [Outcome.OPEN, Outcome.PASSED]
    outcomes = [result.outcome for result in rules.evaluate(vaccination(ver="1.2.1"), AT, country="XX")]
    assert outcomes == [Outcome.OPEN, Outcome.OPEN]
    outcomes = [result.outcome for result in rules.evaluate(vaccination(ver=" " * 60 + "1.3.0"), AT, country="XX")]
    assert outcomes == [Outcome.OPEN, Outcome.PASSED]  # readers take blanks around it
    outcomes = [result.outcome for result in rules.evaluate(vaccination(ver="2.0.0"), AT, country="XX")]
    assert outcomes == [Outcome.OPEN, Outcome.OPEN]


def test_no_rule_in_force_is_no_acceptance() -> None:
    rules = RuleSet.from_json([rule(ValidTo="2022-01-01T00:00:00Z")])
    with pytest.raises(RefusedByRules, match="no rule is in force"):
        rules.check(vaccination(), AT, country="XX")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "rules-form"),
        (b"\xff\xfe", "rules-form"),
        (b"[" * 100_000, "rules-form"),
        (b"3", "rules-form"),
        (b'{"rules": {}}', "rules-form"),
        (b'{"valueSets": []}', "rules-form"),
        (b'{"valueSets": {"x": {}}}', "rules-form"),
        (b'{"valueSets": {"x": [1]}}', "rules-form"),
        (b'{"valueSetId": 1}', "rules-form"),
        (b'{"valueSetId": "x", "valueSetValues": []}', "rules-form"),
        (b"[]", "rules-none"),
        (b'{"valueSets": {"x": ["a"]}}', "rules-none"),
        (b"[{}]", "rule-form"),
    ],
)
def test_files_that_are_no_rules(tmp_path: Path, content: bytes, code: str) -> None:
    file = tmp_path / "rules.json"
    file.write_bytes(content)
    with pytest.raises(RuleError) as caught:
        RuleSet.load(file)
    assert caught.value.code == code


def test_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RuleError) as caught:
        RuleSet.load(tmp_path / "nothing.json")
    assert caught.value.code == "rules-unreadable"
    monkeypatch.setattr("certificates.rule_files.MAX_BYTES", 10)
    (tmp_path / "rules.json").write_bytes(b"[" + b" " * 10 + b"]")
    with pytest.raises(RuleError) as caught:
        RuleSet.load(tmp_path)
    assert caught.value.code == "rules-size"


def test_sets_are_bounded_and_without_doubles() -> None:
    with pytest.raises(RuleError) as caught:
        RuleSet.from_json([rule()], [rule()])
    assert caught.value.code == "rule-twice"
    one = Rule.from_dict(rule())
    with pytest.raises(RuleError) as caught:
        RuleSet([one] * (MAX_RULES + 1))
    assert caught.value.code == "rules-size"


def test_the_published_rules() -> None:
    rules = {row["key"]: Rule.from_dict(row) for row in read_jsonl("business-rules/rules.jsonl")}
    value_sets = read_json("business-rules/valuesets.json")
    tests = read_jsonl("business-rules/tests.jsonl")
    for test in tests:
        external = test["external"]
        if "$ref" in external:
            external = {"valueSets": value_sets[external["$ref"]]}
        elif "$ref" in external["valueSets"]:
            external = external | {"valueSets": value_sets[external["valueSets"]["$ref"]]}
        logic = rules[test["rule"]].logic
        assert logic is not None
        value = logic.evaluate({"payload": test.get("payload"), "external": external})
        assert value is test["expected"], test["id"]
    assert (len(rules), len(tests)) == (59, 408)
    RuleSet(rules.values())


def unmet(certificate: Any, at: datetime, policy: str) -> list[str]:
    """The identifiers of Vietnam's own rules that the certificate does not meet."""
    results = RuleSet.default().evaluate(certificate, at, country="VN", policy=policy)
    assert len(results) >= 3
    assert all(result.outcome is not Outcome.OPEN for result in results)
    return [result.rule.identifier for result in results if result.outcome is Outcome.FAILED]


@pytest.mark.parametrize("policy", ["border", "venue"])
@pytest.mark.parametrize(
    ("changes", "failed"),
    [
        ({}, []),
        ({"mp": "EpiVacCorona"}, ["VR-VN-0002"]),
        ({"dn": 1}, ["VR-VN-0003"]),
        ({"dt": "2022-05-18"}, []),
        ({"dt": "2022-05-19"}, ["VR-VN-0004"]),
        ({"dt": "2022-05-31", "dn": 3, "sd": 3}, []),
        ({"dt": "2022-05-31", "dn": 3, "sd": 3, "mp": "Abdala"}, ["VR-VN-0004"]),
        ({"dt": "2022-05-31", "dn": 4, "sd": 4, "mp": "Abdala"}, []),
        ({"dt": "2022-05-31", "dn": 2, "sd": 1, "mp": "EU/1/20/1525"}, []),
        ({"dt": "2022-06-02", "dn": 3, "sd": 3}, ["VR-VN-0004"]),
        ({"tg": "1"}, ["VR-VN-0001"]),
        ({"dt": "2021-06-01"}, []),
        ({"dt": "2021-05-01", "dn": 3, "sd": 3}, []),
    ],
)
def test_vietnam_and_vaccinations(policy: str, changes: dict[str, Any], failed: list[str]) -> None:
    assert unmet(vaccination(**changes), AT, policy) == failed


def test_the_border_asks_for_a_recent_dose_or_a_booster() -> None:
    old = vaccination(dt="2021-05-31")
    assert unmet(old, AT, "border") == ["VR-VN-0005"]
    assert unmet(old, AT, "venue") == []


@pytest.mark.parametrize("policy", ["border", "venue"])
@pytest.mark.parametrize(
    ("changes", "failed"),
    [
        ({}, []),
        ({"sc": "2022-05-29T00:00:00Z"}, []),
        ({"sc": "2022-05-28T23:59:59Z"}, ["TR-VN-0004"]),
        ({"sc": "2022-06-01T07:00:01+07:00"}, ["TR-VN-0004"]),
        ({"tt": "LP217198-3"}, ["TR-VN-0005"]),
        ({"tt": "LP217198-3", "sc": "2022-05-31T07:00:00+07:00"}, []),
        ({"tt": "LP217198-3", "sc": "2022-06-01T00:00:01Z"}, ["TR-VN-0005"]),
        ({"tt": "other"}, ["TR-VN-0002"]),
        ({"tr": "260373001"}, ["TR-VN-0003"]),
        ({"tg": "1"}, ["TR-VN-0001"]),
    ],
)
def test_vietnam_and_tests(policy: str, changes: dict[str, Any], failed: list[str]) -> None:
    assert unmet(negative(**changes), AT, policy) == failed


@pytest.mark.parametrize("policy", ["border", "venue"])
@pytest.mark.parametrize(
    ("changes", "failed"),
    [
        ({}, []),
        ({"fr": "2021-12-01"}, []),
        ({"fr": "2021-11-30"}, ["RR-VN-0003"]),
        ({"fr": "2022-06-02"}, ["RR-VN-0003"]),
        ({"df": "2022-06-02"}, ["RR-VN-0002"]),
        ({"du": "2022-06-01"}, []),
        ({"du": "2022-05-31"}, ["RR-VN-0002"]),
        ({"tg": "1"}, ["RR-VN-0001"]),
    ],
)
def test_vietnam_and_recoveries(policy: str, changes: dict[str, Any], failed: list[str]) -> None:
    assert unmet(recovery(**changes), AT, policy) == failed


def test_vietnams_rules_speak_vietnamese_and_know_their_products() -> None:
    rules = RuleSet.default()
    assert rules.countries == {"VN"}
    assert rules.policies("VN") == ("border", "venue")
    for found in rules.rules:
        assert set(found.descriptions) == {"vi", "en"}
    codes = {product.mp for product in PRODUCTS.values()}
    for values in ("vn-accepted-vaccines", "vn-three-dose-series"):
        assert codes.issuperset(rules._value_sets[values])
    assert set(rules._value_sets["vn-accepted-vaccines"]) >= {p.mp for p in PRODUCTS.values() if p.used_in_vietnam}
