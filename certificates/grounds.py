"""What a verdict rests on: whom to trust, what is revoked, which rules apply, and how old all that is."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NoReturn

from certificates.bundle import CheckerBundle
from certificates.checking import CheckedCertificate, check_text
from certificates.errors import CheckError, RuleError
from certificates.issuer_country import IssuerRule
from certificates.records.model import instant_to_text
from certificates.revocation.index import RevocationIndex
from certificates.rules import RuleSet
from certificates.signed_list import AgeLimits
from certificates.trust import TrustStore
from certificates.verdicts import answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """Rules, where they are applied, and for which occasion."""

    rules: RuleSet
    country: str
    policy: str | None

    @classmethod
    def of(cls, rules: RuleSet | None, country: str, policy: str | None) -> "Acceptance":
        """The rules of ``country`` for an occasion.

        Raises:
            RuleError: ``rules-country`` (there are none of this country), ``policy-missing`` (its rules tell occasions
                apart), ``policy-unknown``.
        """
        countries = rules.countries if rules is not None else frozenset()
        if rules is None or country not in countries:
            known = ", ".join(sorted(countries)) or "none"
            raise RuleError("rules-country", f"no rules for {country}; there are rules for: {known}")
        policies = rules.policies(country)
        if policies and policy is None:
            raise RuleError("policy-missing", f"say for which occasion: {' or '.join(policies)}")
        if policy is not None and policy not in policies:
            known = ", ".join(policies) or "none"
            raise RuleError("policy-unknown", f"no policy {policy} for {country}; there are: {known}")
        return cls(rules=rules, country=country, policy=policy)

    def check(self, certificate: CheckedCertificate, at: datetime) -> None:
        """Raises RefusedByRules."""
        self.rules.check(certificate, at, country=self.country, policy=self.policy)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListsAge:
    """Which version of the lists a verdict rests on, and from when it is. ``old``: a newer one should be fetched."""

    version: int
    issued_at: datetime
    age: timedelta
    old: bool

    @classmethod
    def of(cls, bundle: CheckerBundle, now: datetime, limits: AgeLimits) -> "ListsAge":
        age = bundle.age(now)
        return cls(version=bundle.version, issued_at=bundle.issued_at, age=age, old=age > limits.warn)

    @property
    def hours(self) -> int:
        return int(self.age.total_seconds()) // 3600

    def to_dict(self) -> dict[str, Any]:
        """As JSON; ``issued_at`` is RFC 3339 in UTC, the age whole hours."""
        issued_at = instant_to_text(self.issued_at)
        return {"version": self.version, "issued_at": issued_at, "age_hours": self.hours, "old": self.old}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Grounds:
    """Everything that a checker decides by.

    Attributes:
        trust: whose signatures count; or why nobody can say, which is then the verdict on everything.
        revocation: what is revoked; None where no list is at hand.
        acceptance: the rules of the place; None where only the certificate itself is asked about.
        lists: where all of it comes from a bundle.
        issuer: what certificates must say of their signer's country.
    """

    trust: TrustStore | CheckError
    revocation: RevocationIndex | None = None
    acceptance: Acceptance | None = None
    lists: ListsAge | None = None
    issuer: IssuerRule = IssuerRule.COUNTRY

    def check_text(self, text: str, at: datetime) -> CheckedCertificate:
        """Decide on the text of a QR code at a time. Raises CheckError and nothing else."""
        return self.settle(check_text(text, self.signers(), at, issuer=self.issuer), at)

    def signers(self) -> TrustStore:
        """Whom to trust. Raises CheckError TRUST where the lists cannot be used."""
        if isinstance(self.trust, CheckError):
            _raise(self.trust)
        return self.trust

    def settle(self, certificate: CheckedCertificate, at: datetime) -> CheckedCertificate:
        """What is asked of a certificate that is sound: not revoked, and acceptable here. Raises CheckError."""
        if self.revocation is not None:
            self.revocation.check(certificate)
        if self.acceptance is not None:
            self.acceptance.check(certificate, at)
        return certificate

    def answer(self, verdict: CheckedCertificate | CheckError) -> dict[str, Any]:
        """The verdict as JSON (`certificates.verdicts.answer`), with the version and age of the lists."""
        return answer(verdict) | ({"lists": self.lists.to_dict()} if self.lists else {})


def _raise(error: CheckError) -> NoReturn:
    """Anew each time: an exception that is raised again keeps every place that it came through."""
    raise CheckError(error.reason, error.detail)
