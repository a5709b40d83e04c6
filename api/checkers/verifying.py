"""Checks for scanners that are online: the very code and answers of `vaxseal check`, on the published lists."""

from collections.abc import Iterable
from datetime import datetime

from api.checkers.lists import CheckerLists
from certificates.checking import CheckedCertificate
from certificates.errors import CheckError
from certificates.grounds import Acceptance, Grounds


def grounds_for(
    lists: CheckerLists, at: datetime, *, home: str, country: str | None = None, policy: str | None = None
) -> Grounds:
    """What verdicts rest on at this time.

    Args:
        home: the country whose rules a policy alone means.
        country: apply the rules of this country; None and no policy: the certificate alone is asked about.

    Raises:
        RuleError: ``rules-country``, ``policy-missing``, ``policy-unknown``.
    """
    try:
        bundle = lists.current(at)
    except CheckError as error:
        return Grounds(trust=error)
    wanted = country is not None or policy is not None
    return Grounds(
        trust=bundle.trust,
        revocation=bundle.revocation,
        acceptance=Acceptance.of(bundle.rules, country or home, policy) if wanted else None,
        lists=lists.age(bundle, at),
    )


def verify(texts: Iterable[str], grounds: Grounds, at: datetime) -> list[CheckedCertificate | CheckError]:
    """The verdict on each text, in their order. Raises nothing for any text."""
    return [_verdict(text, grounds, at) for text in texts]


def _verdict(text: str, grounds: Grounds, at: datetime) -> CheckedCertificate | CheckError:
    try:
        return grounds.check_text(text, at)
    except CheckError as error:
        return error
