"""Which certificate a sitting works with: one key may carry several, and the centre knows one of them.

A token of a Vietnamese CA has that CA's certificate, for confirmations, and a DSC beside it, for passports. The likely
one comes first; when the centre refuses it, the next one of the same key tries to log in. No PIN is asked for that.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from certificates.jobs import Task
    from certificates.signing import Algorithm, SigningKey
    from signer.agent import SigningAgent
    from signer.client import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyUnder:
    """An open key under another of its certificates."""

    key: "SigningKey"
    certificate_der: bytes

    @property
    def algorithm(self) -> "Algorithm":
        return self.key.algorithm

    def sign(self, tbs: bytes) -> bytes:
        return self.key.sign(tbs)

    def sign_many(self, messages: Sequence[bytes]) -> Iterable[bytes]:
        """At once where the key can."""
        many = getattr(self.key, "sign_many", None)
        signatures: Iterable[bytes] = map(self.key.sign, messages) if many is None else many(messages)
        return signatures


def certificates_for(
    stored: Callable[[], Sequence[bytes]], named: str | None, *, task: "Task", at: datetime
) -> tuple[bytes, ...]:
    """The certificates to try, DER, the likely one first; none: the token has no choice to offer.

    Args:
        stored: asks the token for its certificates.
        named: what the person chose: a file, or the fingerprint of a certificate on the token.

    Raises:
        CertificateError ``certificate-file``; TokenError, CertificateNotFound for a fingerprint among them.
    """
    from certificates import pki
    from hsm.errors import CertificateNotFound
    from vaxseal.files import fingerprint_of, read_certificate

    if named is not None and (fingerprint := fingerprint_of(named)) is None:
        return (read_certificate(Path(named)),)
    ders = stored()
    if named is not None:
        chosen = tuple(der for der in ders if pki.fingerprint(der) == fingerprint)
        if not chosen:
            raise CertificateNotFound("there is no such certificate on the token")
        return chosen[:1]
    ordered = in_order(ders, task=task, at=at)
    return ordered if len(ordered) > 1 else ()


def in_order(ders: Sequence[bytes], *, task: "Task", at: datetime) -> tuple[bytes, ...]:
    """Those of one key that are valid and no authority's; none where there are several keys.

    For passports a certificate that is made for them comes first, for confirmations one that is not; the newer before
    the older.
    """
    from certificates.errors import IssuanceError
    from certificates.pki import ALL_KINDS, SigningCertificate

    fitting = []
    for der in ders:
        try:
            certificate = SigningCertificate.from_der(der)
        except IssuanceError:
            continue
        if not certificate.is_ca and certificate.not_before <= at <= certificate.not_after:
            fitting.append(certificate)
    if any(one.public_key != fitting[0].public_key for one in fitting):
        return ()
    fitting.sort(key=lambda one: one.not_before, reverse=True)
    fitting.sort(key=lambda one: (one.kinds == ALL_KINDS) == (task == "issue"))
    return tuple(one.der for one in fitting)


def log_in_with(
    key: "SigningKey", others: Sequence[bytes], make_agent: "Callable[[SigningKey], SigningAgent]"
) -> "tuple[SigningAgent, Session]":
    """The agent whose certificate the centre takes. Raises AgentError: the first refusal, when it takes none."""
    from signer.errors import AgentError

    agent = make_agent(key)
    try:
        return agent, agent.log_in()
    except AgentError as error:
        if error.code != "login-refused":
            raise
        refusal = error
    for der in others:
        agent = make_agent(KeyUnder(key=key, certificate_der=der))
        try:
            return agent, agent.log_in()
        except AgentError as error:
            if error.code != "login-refused":
                raise
    raise refusal
