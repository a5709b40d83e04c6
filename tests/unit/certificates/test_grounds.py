import datetime as dt
from pathlib import Path

import pytest

from certificates.errors import CheckError, CheckReason
from certificates.grounds import Acceptance, Grounds, ListsAge
from certificates.revocation.building import build_index
from certificates.revocation.hashes import HashType, uci_hash
from certificates.rules import RuleSet
from certificates.signed_list import AgeLimits
from certificates.trust import TrustStore
from tests.support.bundles import bundle_of
from tests.support.codes import AT, code, dcc
from tests.support.revocation import Mirror, issue
from tests.support.softkeys import soft_key

KEY = soft_key("ES256")
TRUST = TrustStore.of([KEY.certificate_der])
BORDER = Acceptance(rules=RuleSet.default(), country="VN", policy="border")


def reason(grounds: Grounds, at: dt.datetime = AT) -> CheckReason | None:
    try:
        grounds.check_text(code(), at)
    except CheckError as error:
        return error.reason
    return None


def test_trust_alone() -> None:
    assert reason(Grounds(trust=TRUST)) is None
    assert reason(Grounds(trust=TrustStore.of(()))) is CheckReason.KID


def test_lists_that_cannot_be_used_are_the_verdict() -> None:
    unusable = Grounds(trust=CheckError(CheckReason.TRUST, "list-age: version 1 is 8 days old"))
    for _ in range(2):
        with pytest.raises(CheckError, match="list-age") as refusal:
            unusable.check_text(code(), AT)
        assert refusal.value.reason is CheckReason.TRUST


def test_revocation_comes_before_rules() -> None:

    late = AT + dt.timedelta(days=330)
    publication = issue(None, {(KEY.certificate.kid, HashType.UCI): [uci_hash(dcc()["v"][0]["ci"])]})
    index = build_index(publication.revocation_list, Mirror(publication).read(publication.revocation_list))
    assert reason(Grounds(trust=TRUST, acceptance=BORDER), late) is CheckReason.RULE
    assert reason(Grounds(trust=TRUST, acceptance=BORDER, revocation=index), late) is CheckReason.REVOKED


def test_an_answer_says_how_old_the_lists_are(tmp_path: Path) -> None:
    bundle = bundle_of(tmp_path)
    limits = AgeLimits()
    for hours, old in ((0, False), (24, False), (25, True)):
        lists = ListsAge.of(bundle, AT + dt.timedelta(hours=hours), limits)
        grounds = Grounds(trust=bundle.trust, lists=lists)
        said = grounds.answer(grounds.check_text(code(), AT))["lists"]
        assert said == {"version": 1, "issued_at": said["issued_at"], "age_hours": hours, "old": old}
    assert "lists" not in Grounds(trust=TRUST).answer(CheckError(CheckReason.SIG))
