"""Acceptance rules: which of them apply to a certificate, and whether it meets them."""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from certificates.certlogic_operations import Codes, Scope
from certificates.checking import CheckedCertificate
from certificates.countries import COUNTRIES
from certificates.errors import CertLogicError, CheckError, CheckReason, RuleError
from certificates.rule import CertificateType, Rule, RuleType, Version, parse_version
from certificates.rule_files import codes_of, read_json, split
from certificates.valuesets import DISEASE_COVID_19, PRODUCTS

MAX_RULES: Final = 5_000
_MAX_VERSION: Final = 40  # characters of a certificate's version that are looked at

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
        # the three results of a rule that say nothing more: made once
        self._results: Final = {
            id(rule): (
                RuleResult(rule=rule, outcome=Outcome.PASSED),
                RuleResult(rule=rule, outcome=Outcome.FAILED),
            )
            for rule in self.rules
        }
        self._issuers: Final = {rule.country for rule in self.rules if rule.type is RuleType.INVALIDATION}
        self._chosen: Final[dict[tuple[object, ...], tuple[tuple[Rule, ...], ...]]] = {}

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
        issuer = issuer if issuer in self._issuers else None  # others are as many as strangers' certificates say
        key = (kind, country, issuer, policy, region)
        if key not in self._chosen:
            if len(self._chosen) >= 1024:
                self._chosen.clear()
            self._chosen[key] = self._choose(kind, country, issuer, policy, region)
        selected = []
        for versions in self._chosen[key]:
            for rule in versions:
                if rule.valid_from <= at <= rule.valid_to:
                    selected.append(rule)
                    break
        return selected

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
        rules = self.select(kind, at, country=country, issuer=issuer, policy=policy, region=region)
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
        version = parse_version(str(payload.get("ver")).strip()[:_MAX_VERSION])
        scope = Scope()
        return tuple([self._apply(rule, data, version, scope) for rule in rules])

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

    def _apply(self, rule: Rule, data: Mapping[str, Any], version: Version, scope: Scope) -> RuleResult:
        if rule.logic is None:
            return RuleResult(rule=rule, outcome=Outcome.OPEN, detail="its engine is not known here")
        if version < rule.schema_version or version[0] != rule.schema_version[0]:
            return RuleResult(rule=rule, outcome=Outcome.OPEN, detail="the certificate has another schema version")
        try:
            value = rule.logic.evaluate(data, scope)
        except CertLogicError as error:
            return RuleResult(rule=rule, outcome=Outcome.OPEN, detail=error.detail)
        if type(value) is not bool:
            return RuleResult(rule=rule, outcome=Outcome.OPEN, detail="it answers neither true nor false")
        return self._results[id(rule)][not value]
