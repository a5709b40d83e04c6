"""The rules that a checker applies besides the certificate itself: ``--rules``, ``--country``, ``--policy``."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from certificates.checking import CheckedCertificate
from certificates.errors import RuleError
from certificates.rules import RuleSet
from vaxseal.console import stop

DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """Rules, where they are applied, and for which occasion. Made by `open_rules`."""

    rules: RuleSet
    country: str
    policy: str | None

    def check(self, certificate: CheckedCertificate, at: datetime) -> CheckedCertificate:
        """The certificate, if it meets the rules. Raises RefusedByRules."""
        self.rules.check(certificate, at, country=self.country, policy=self.policy)
        return certificate


def open_rules(name: str, country: str, policy: str | None, *, json: bool) -> Acceptance:
    """Load ``name``, a path or "default"; end the command where it has no rules for the country or the policy."""
    try:
        rules = RuleSet.default() if name == DEFAULT else RuleSet.load(Path(name))
    except RuleError as error:
        stop(error.code, f"--rules: {error.detail}.", json=json)
    if country not in rules.countries:
        known = ", ".join(sorted(rules.countries)) or "none"
        stop("rules-country", f"--country: no rules for {country}; there are rules for: {known}.", json=json)
    policies = rules.policies(country)
    if policies and policy is None:
        stop("policy-missing", f"Say for which occasion: --policy {' or '.join(policies)}.", json=json)
    if policy is not None and policy not in policies:
        known = ", ".join(policies) or "none"
        stop("policy-unknown", f"--policy: no policy {policy} for {country}; there are: {known}.", json=json)
    return Acceptance(rules=rules, country=country, policy=policy)
