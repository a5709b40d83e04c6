"""Acceptance rules: which of them apply to a certificate, and whether it meets them."""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, NamedTuple

from certificates.certlogic import Logic
from certificates.certlogic_operations import Codes, Scope
from certificates.checking import CheckedCertificate
from certificates.countries import COUNTRIES
from certificates.errors import CertLogicError, CheckError, CheckReason, RuleError
from certificates.rule import CertificateType, Rule, RuleType, Version, parse_version
from certificates.rule_files import codes_of, read_json, split
from certificates.valuesets import DISEASE_COVID_19, PRODUCTS

MAX_RULES: Final = 5_000
_MAX_VERSION: Final = 40  # characters of a certificate's version that are looked at
_KEPT: Final = 1024
_BEGINNING: Final = datetime.min.replace(tzinfo=UTC)
_END: Final = datetime.max.replace(tzinfo=UTC)

DEFAULT_RULES: Final = Path(__file__).parent / "data" / "vn-rules.json"
_KINDS: Final = {"v": CertificateType.VACCINATION, "t": CertificateType.TEST, "r": CertificateType.RECOVERY}

# The value sets that rules may ask for, by the names that the EU gateway gives them; all codes, deprecated ones too.
VALUE_SETS: Final[Mapping[str, Iterable[str]]] = {
    "country-2-codes": sorted(COUNTRIES),
    "disease-agent-targeted": [DISEASE_COVID_19],
    "covid-19-lab-result": ["260415000", "260373001"],
    "covid-19-lab-test-type": ["LP6464-4", "LP217198-3"],
    "vaccines-covid-19-names": sorted({product.mp for product in PRODUCTS.values()}),
    "vaccines-covid-19-auth-holders": sorted({product.ma for product in PRODUCTS.values()}),
    "sct-vaccines-covid-19": sorted(
        {product.vp for product in PRODUCTS.values()} | {"1119305005", "J07BX03"}  # the two that only others write
    ),
}


class Outcome(StrEnum):
    """Open: nobody can say, because the data or the rule do not allow it. An open rule is not met."""

    PASSED = "passed"
    FAILED = "failed"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleResult:
    """What became of one rule. ``detail`` says in English why it is open."""

    rule: Rule
    outcome: Outcome
    detail: str = ""


class RefusedByRules(CheckError):  # noqa: N818 - it is a CheckError, and reads like one where it is raised
    """A sound certificate that does not meet the rules: reason RULE, with the certificate and every result."""

    def __init__(self, certificate: CheckedCertificate, results: tuple[RuleResult, ...]) -> None:
        not_met = [result for result in results if result.outcome is not Outcome.PASSED]
        super().__init__(
            CheckReason.RULE,
            "; ".join(_in_words(result) for result in not_met) or "no rule is in force for it at this time",
        )
        self.certificate = certificate
        self.results = results
        self.not_met = tuple(not_met)


def _in_words(result: RuleResult) -> str:
    sentence = f"{result.rule.identifier}: {result.rule.description('en')}"
    return f"{sentence} (open: {result.detail})" if result.outcome is Outcome.OPEN else sentence


class RuleSet:
    """Rules of one or more countries, with the value sets that they refer to. Immutable."""

    def __init__(self, rules: Iterable[Rule], value_sets: Mapping[str, list[str]] | None = None) -> None:
        """``value_sets`` (name to codes) go before ours of the same name.

        Raises RuleError ``rule-twice`` or ``rules-size``.
        """
        self.rules: Final = tuple(rules)
        self._value_sets: Final = {name: Codes(codes) for name, codes in {**VALUE_SETS, **(value_sets or {})}.items()}
        if len(self.rules) > MAX_RULES:
            raise RuleError("rules-size", f"more than {MAX_RULES} rules")
        seen = set()
        for rule in self.rules:
            key = (rule.type, rule.country, rule.region, rule.identifier, rule.version)
            if key in seen:
                raise RuleError("rule-twice", f"{rule.identifier}: the same version is there twice")
            seen.add(key)
        self._issuers: Final = {rule.country for rule in self.rules if rule.type is RuleType.INVALIDATION}
        self._prepared: Final[dict[tuple[object, ...], _Prepared]] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        """For another process: what the set was made of."""
        return RuleSet, (self.rules, {name: list(codes) for name, codes in self._value_sets.items()})

    @classmethod
    def from_json(cls, *documents: object) -> "RuleSet":
        """Read decoded JSON: lists of rules, ``{"rules": [...], "valueSets": {name: [codes]}}``, EU value set files.

        Raises RuleError.
        """
        rules: list[Rule] = []
        value_sets: dict[str, list[str]] = {}
        for document in documents:
            found, named = split(document)
            rules += [Rule.from_dict(item) for item in found]
            value_sets |= {name: codes_of(name, codes) for name, codes in named.items()}
        if not rules:
            raise RuleError("rules-none", "there is no rule in it")
        return cls(rules, value_sets)

    @classmethod
    def load(cls, path: Path) -> "RuleSet":
        """Read a JSON file, or all ``*.json`` of a folder. Raises RuleError."""
        return cls.from_json(*read_json(path))

    @classmethod
    def default(cls) -> "RuleSet":
        """Vietnam's rules as this package ships them, with the policies "border" and "venue"."""
        return cls.load(DEFAULT_RULES)

    @property
    def countries(self) -> frozenset[str]:
        """Countries that have acceptance rules here."""
        return frozenset(rule.country for rule in self.rules if rule.type is RuleType.ACCEPTANCE)

    def policies(self, country: str) -> tuple[str, ...]:
        """The policies that the acceptance rules of ``country`` tell apart, in their order."""
        own = (rule for rule in self.rules if rule.type is RuleType.ACCEPTANCE and rule.country == country)
        return tuple(dict.fromkeys(policy for rule in own for policy in rule.policies))

    def select(
        self,
        kind: CertificateType,
        at: datetime,
        *,
        country: str,
        issuer: str | None = None,
        policy: str | None = None,
        region: str | None = None,
    ) -> list[Rule]:
        """Of each rule the highest version that is in force: general ones and those of ``kind``.

        Acceptance rules of ``country``, and exactly of its ``region`` or of the country as a whole; invalidation rules
        of ``issuer``. Rules that name policies apply under ``policy`` only.
        """
        return _in_force(self._choose(kind, country, issuer, policy, region), at)

    def _choose(
        self, kind: CertificateType, country: str, issuer: str | None, policy: str | None, region: str | None
    ) -> tuple[tuple[Rule, ...], ...]:
        by_name: dict[tuple[RuleType, str], list[Rule]] = {}
        for rule in self.rules:
            place = (country, region) if rule.type is RuleType.ACCEPTANCE else (issuer, None)
            if (
                (rule.country, rule.region) == place
                and rule.certificate_type in (CertificateType.GENERAL, kind)
                and (not rule.policies or policy in rule.policies)
            ):
                by_name.setdefault((rule.type, rule.identifier), []).append(rule)
        return tuple(
            tuple(sorted(versions, key=lambda rule: rule.version, reverse=True)) for versions in by_name.values()
        )

    def evaluate(
        self,
        certificate: CheckedCertificate,
        at: datetime,
        *,
        country: str,
        policy: str | None = None,
        region: str | None = None,
    ) -> tuple[RuleResult, ...]:
        """Apply every rule that is in force at ``at`` for this certificate. Never raises for a certificate."""
        payload, issuer = certificate.payload, certificate.issuer
        kind = next(name for letter, name in _KINDS.items() if payload.get(letter))
        version = parse_version(str(payload.get("ver")).strip()[:_MAX_VERSION])
        steps = self._prepare(version, at, kind, country, issuer, policy, region)
        external = {
            "validationClock": at.isoformat(),
            "valueSets": self._value_sets,
            "countryCode": country,
            "issuerCountryCode": issuer,
            "exp": certificate.expires_at.isoformat(),
            "iat": certificate.issued_at.isoformat(),
            "kid": base64.b64encode(certificate.kid).decode(),
            "region": region,
        }
        data = {"payload": payload, "external": external}
        scope = Scope()
        return tuple([step.outcome if step.logic is None else _apply(step, data, scope) for step in steps])

    def _prepare(
        self,
        version: Version,
        at: datetime,
        kind: CertificateType,
        country: str,
        issuer: str | None,
        policy: str | None,
        region: str | None,
    ) -> "tuple[_Step, ...]":
        """What there is to do for such certificates: the same from one change of the rules to the next."""
        issuer = issuer if issuer in self._issuers else None  # others are as many as strangers' certificates say
        key = (version, kind, country, issuer, policy, region)
        prepared = self._prepared.get(key)
        if prepared is not None and prepared.after < at < prepared.before:
            return prepared.steps
        groups = self._choose(kind, country, issuer, policy, region)
        steps = tuple(_step(rule, version) for rule in _in_force(groups, at))
        changes = {moment for group in groups for rule in group for moment in (rule.valid_from, rule.valid_to)}
        if at not in changes:
            if len(self._prepared) >= _KEPT:
                self._prepared.clear()  # issuers and versions are as many as a stranger's certificates say
            after = max((moment for moment in changes if moment < at), default=_BEGINNING)
            before = min((moment for moment in changes if moment > at), default=_END)
            self._prepared[key] = _Prepared(after=after, before=before, steps=steps)
        return steps

    def check(
        self,
        certificate: CheckedCertificate,
        at: datetime,
        *,
        country: str,
        policy: str | None = None,
        region: str | None = None,
    ) -> tuple[RuleResult, ...]:
        """`evaluate`, and refuse unless there are rules and all of them are met.

        Raises RefusedByRules.
        """
        results = self.evaluate(certificate, at, country=country, policy=policy, region=region)
        if not results or any(result.outcome is not Outcome.PASSED for result in results):
            raise RefusedByRules(certificate, results)
        return results


class _Step(NamedTuple):
    """A rule in force: its logic, and the results that say nothing more. Without logic ``outcome`` is the result."""

    rule: Rule
    logic: Logic | None
    outcome: RuleResult  # passed, where there is logic
    failed: RuleResult


class _Prepared(NamedTuple):
    """The steps for certificates of one kind, at every time between two changes, neither of them included."""

    after: datetime
    before: datetime
    steps: tuple[_Step, ...]


def _step(rule: Rule, version: Version) -> _Step:
    failed = RuleResult(rule=rule, outcome=Outcome.FAILED)
    if rule.logic is None:
        return _Step(rule, None, _open(rule, "its engine is not known here"), failed)
    if version < rule.schema_version or version[0] != rule.schema_version[0]:
        return _Step(rule, None, _open(rule, "the certificate has another schema version"), failed)
    return _Step(rule, rule.logic, RuleResult(rule=rule, outcome=Outcome.PASSED), failed)


def _apply(step: _Step, data: Mapping[str, Any], scope: Scope) -> RuleResult:
    rule, logic, passed, failed = step
    try:
        value = logic.evaluate(data, scope)  # type: ignore[union-attr]
    except CertLogicError as error:
        return _open(rule, error.detail)
    if value is True:
        return passed
    return failed if value is False else _open(rule, "it answers neither true nor false")


def _open(rule: Rule, detail: str) -> RuleResult:
    return RuleResult(rule=rule, outcome=Outcome.OPEN, detail=detail)


def _in_force(groups: Iterable[tuple[Rule, ...]], at: datetime) -> list[Rule]:
    """Of each group, the highest version first, the first that is in force."""
    found = (next((rule for rule in group if rule.valid_from <= at <= rule.valid_to), None) for group in groups)
    return [rule for rule in found if rule is not None]
