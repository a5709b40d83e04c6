import cbor2
import pytest

from certificates.checking import check_text
from certificates.errors import CheckError
from certificates.issuer_country import IssuerRule, issuer_fits, named_country
from certificates.trust import TrustStore
from tests.support.codes import ABSENT, AT, claims, code, cose_bytes, hc1, with_certificate
from tests.support.softkeys import make_key, soft_key

KEY = soft_key("ES256")  # C=VN


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("VN", "VN"),
        (" vn ", "VN"),
        ("EL", "GR"),
        ("UK", "GB"),
        ("CH BAG", "CH"),
        ("FR-971", "FR"),
        ("VN\u200b", "VN"),
        ("VN_1", "VN"),
        ("", None),
        ("V", None),
        ("CNAM", None),
        ("VN1", None),
        ("Ministry of Health", None),
        ("XX", None),
        ("ZZ Health", None),
        (None, None),
    ],
)
def test_what_country_a_text_names(text: str | None, country: str | None) -> None:
    assert named_country(text) == country


@pytest.mark.parametrize(
    ("issuer", "country", "accepted_by"),
    [
        ("VN", "VN", "any country exact"),
        ("EL", "GR", "any country"),
        ("GR", "EL", "any country"),
        ("GB", "UK", "any country"),
        ("CH BAG", "CH", "any country"),
        ("CNAM", "FR", "any country"),  # no country is named
        ("", "FR", "any country"),
        (None, "FR", "any country"),
        ("AT", None, "any country"),  # a signer without a country
        (None, None, "any country"),
        ("FO", "DK", "any country"),
        ("PF", "FR", "any country"),
        ("JE", "GB", "any country"),
        ("DK", "FO", "any"),
        ("VN", "DE", "any"),
        ("vn", "DE", "any"),
        ("VN ministry", "DE", "any"),
        ("VN\u200b", "DE", "any"),
    ],
)
def test_which_rule_accepts_what(issuer: str | None, country: str | None, accepted_by: str) -> None:
    for rule in IssuerRule:
        assert issuer_fits(issuer, country, rule) is (rule.value in accepted_by.split())


def reason(text: str, rule: IssuerRule | None = None, trust: TrustStore | None = None) -> str:
    trust = trust or TrustStore.of([KEY.certificate_der])
    try:
        if rule is None:
            check_text(text, trust, AT)
        else:
            check_text(text, trust, AT, issuer=rule)
    except CheckError as error:
        return error.reason.value
    return "VALID"


def test_no_signer_speaks_for_another_country_unless_it_is_allowed() -> None:
    assert reason(code(KEY)) == "VALID"
    assert reason(code(KEY, iss="DE")) == "KEYUSAGE"
    assert reason(code(KEY, iss="DE"), IssuerRule.ANY) == "VALID"
    assert reason(code(KEY, iss=ABSENT)) == "VALID"
    assert reason(code(KEY, iss=ABSENT), IssuerRule.EXACT) == "KEYUSAGE"


def test_a_second_signer_with_the_kid_may_be_of_that_country(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("certificates.pki.key_identifier", lambda _: b"collides")
    german = with_certificate(KEY, subject="DE", issuer="DE")
    others = [KEY.certificate_der, make_key("ES256", country="DE").certificate_der]
    text = hc1(cose_bytes(KEY, cbor2.dumps(claims(iss="DE")), kid=b"collides"))
    assert reason(text, trust=TrustStore.of([*others, german.certificate_der])) == "VALID"
    assert reason(text, trust=TrustStore.of(others)) == "KEYUSAGE"
