"""The CSCA's own revocation list."""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from certificates.authority_status import read_crl
from certificates.crl import crl_pem, read_csca_crl, revoke_certificates
from certificates.crl_reasons import REASONS, Reason
from certificates.errors import IssuanceError
from certificates.profiles import to_pem
from tests.support.csca import AT, Csca, found
from tests.support.softkeys import make_key, soft_key


@pytest.fixture(params=["ES256", "PS256"])
def csca(request: pytest.FixtureRequest) -> Csca:
    return found(soft_key(request.param))


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(IssuanceError) as caught:
        act()
    return caught.value.code


def test_a_list_says_which_dsc_is_revoked(csca: Csca) -> None:
    lost, good = csca.issue(), csca.issue()
    made = csca.revoke(lost)
    issuer = x509.load_der_x509_certificate(csca.der)
    asked = [read_crl(made.der, x509.load_der_x509_certificate(der), issuer, at=AT) for der in (lost, good)]
    assert asked == [True, False]
    assert (made.number, made.issued_at, made.next_update) == (1, AT, AT + timedelta(days=90))
    parsed = x509.load_der_x509_crl(made.der)
    identifier = parsed.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    assert identifier == issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    assert not any(extension.critical for extension in parsed.extensions)


def test_the_next_list_keeps_what_the_last_one_said(csca: Csca) -> None:
    first, second = csca.issue(), csca.issue()
    one = csca.revoke(first)
    two = csca.revoke(second, reason="superseded", after=read_csca_crl(one.der, csca.der))
    again = csca.revoke(after=two)
    assert (two.number, again.number) == (2, 3)
    assert [entry.reason for entry in again.entries] == ["key-compromise", "superseded"]
    assert again.entries == two.entries
    assert two.entries[:1] == one.entries
    assert csca.revoke().entries == ()


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_comes_back(reason: Reason) -> None:
    csca = found(soft_key("ES256"))
    made = csca.revoke(csca.issue(), reason=reason)
    assert read_csca_crl(crl_pem(made.der).encode(), csca.der) == made
    assert made.entries[0].reason == reason


def test_what_is_refused(csca: Csca) -> None:
    der = csca.issue()
    made = csca.revoke(der)
    stranger = found(make_key("ES256"))
    assert refused(lambda: csca.revoke(der, after=made)) == "crl-again"
    assert refused(lambda: csca.revoke(der, der)) == "crl-again"
    assert refused(lambda: csca.revoke(stranger.issue())) == "crl-certificate"
    assert refused(lambda: csca.revoke(csca.der)) == "crl-certificate"
    assert refused(lambda: csca.revoke(b"x")) == "crl-certificate"
    later = replace(made, issued_at=AT + timedelta(days=1))
    assert refused(lambda: csca.revoke(after=later)) == "crl-time"
    wrong = Csca(stranger.key, csca.der)
    assert refused(lambda: wrong.revoke(der)) == "issued-signature"
    assert refused(lambda: revoke_certificates(csca.key, der, [], reason="unspecified", at=AT)) == "csca-form"
    assert refused(lambda: read_csca_crl(b"no", csca.der)) == "crl-form"
    assert refused(lambda: read_csca_crl(made.der, stranger.der)) == "crl-signature"


def unnumbered(csca: Csca, reason: x509.ReasonFlags | None) -> bytes:
    name = x509.load_der_x509_certificate(csca.der).subject
    builder = x509.CertificateRevocationListBuilder().issuer_name(name).last_update(AT).next_update(AT)
    if reason is not None:
        entry = x509.RevokedCertificateBuilder().serial_number(7).revocation_date(AT)
        builder = builder.add_extension(x509.CRLNumber(1), critical=False)
        builder = builder.add_revoked_certificate(entry.add_extension(x509.CRLReason(reason), critical=False).build())
    return builder.sign(csca.key.private_key, SHA256()).public_bytes(Encoding.DER)


@pytest.mark.parametrize("reason", [None, x509.ReasonFlags.certificate_hold])
def test_lists_that_we_would_not_make(reason: x509.ReasonFlags | None) -> None:
    csca = found(soft_key("ES256"))
    assert refused(lambda: read_csca_crl(unnumbered(csca, reason), csca.der)) == "crl-form"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not here: its look at our CRL is left out")
def test_openssl_takes_the_list(csca: Csca, tmp_path: Path) -> None:
    lost, good = csca.issue(), csca.issue()
    for name, text in (
        ("csca", to_pem(csca.der)),
        ("lost", to_pem(lost)),
        ("good", to_pem(good)),
        ("list", crl_pem(csca.revoke(lost).der)),
    ):
        (tmp_path / f"{name}.pem").write_text(text)

    def verify(name: str) -> str:
        when = ("-attime", str(int(AT.timestamp())), "-crl_check", "-x509_strict")
        files = ("-CAfile", "csca.pem", "-CRLfile", "list.pem", f"{name}.pem")
        done = subprocess.run(["openssl", "verify", *when, *files], cwd=tmp_path, capture_output=True, text=True)
        return done.stdout + done.stderr

    assert "good.pem: OK" in verify("good")
    assert "certificate revoked" in verify("lost")
