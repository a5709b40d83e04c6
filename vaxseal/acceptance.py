"""The rules that a checker applies besides the certificate itself: ``--rules``, ``--country``, ``--policy``."""

from pathlib import Path

from certificates.errors import RuleError
from certificates.grounds import Acceptance
from certificates.rules import RuleSet
from vaxseal.console import stop

DEFAULT = "default"


def open_rules(name: str, country: str, policy: str | None, *, json: bool) -> Acceptance:
    """Load ``name``, a path or "default"; end the command where it has no rules for the country or the policy."""
    try:
        rules = RuleSet.default() if name == DEFAULT else RuleSet.load(Path(name))
    except RuleError as error:
        stop(error.code, f"--rules: {error.detail}.", json=json)
    return choose_rules(rules, country, policy, json=json)


def choose_rules(rules: RuleSet, country: str, policy: str | None, *, json: bool) -> Acceptance:
    """The rules of a country for an occasion; end the command where there are none."""
    try:
        return Acceptance.of(rules, country, policy)
    except RuleError as error:
        option = "--country" if error.code == "rules-country" else "--policy"
        stop(error.code, f"{option}: {error.detail}.", json=json)
