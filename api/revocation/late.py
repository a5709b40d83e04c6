"""Signatures that came late or a second time: their own hash is revoked at once, while the certificate code stays good.

They are valid and never released. Only the SIGNATURE hash tells them from the passport of the same code: another
signature has another r (ES256) or another salt (PS256).
"""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, bindparam, select, update

from api.revocation.entries import REVOKED, VALID, EntryKey, add_entries
from api.store.schema import passports, revocation_entries
from certificates.cose import decode_cose_sign1
from certificates.hc1 import decode_hc1
from certificates.pki import SigningCertificate
from certificates.revocation.hashes import HashType, signature_hash


def revoke_late(
    connection: Connection, certificate: SigningCertificate, signature: bytes, *, uvci: str, expires_at: str
) -> None:
    """Want this signature on the list, unless it is the passport's own in another guise (r,n-s verifies as r,s)."""
    key = _key(certificate, signature)
    hc1 = connection.execute(select(passports.c.hc1).where(passports.c.uvci == uvci)).scalar_one_or_none()
    if hc1 is not None and _key(certificate, decode_cose_sign1(decode_hc1(hc1)).signature) == key:
        return
    known = connection.execute(select(revocation_entries.c.uvci).where(*_is(key))).first()
    if known is None:
        add_entries(connection, {key: (uvci, expires_at)})
    connection.execute(update(revocation_entries).where(*_is(key)).values(wanted=REVOKED))


def spare(connection: Connection, certificate: SigningCertificate, signatures: Iterable[bytes]) -> None:
    """Take off the list what was late before and is taken now.

    A key that signs the same bytes alike each time (RFC 6979) gives the late signature again.
    """
    connection.execute(
        update(revocation_entries)
        .where(
            revocation_entries.c.scope == certificate.kid,
            revocation_entries.c.hash_type == HashType.SIGNATURE.value,
            revocation_entries.c.hash == bindparam("key"),
        )
        .values(wanted=VALID),
        [{"key": signature_hash(signature, certificate.algorithm)} for signature in signatures],
    )


def _key(certificate: SigningCertificate, signature: bytes) -> EntryKey:
    return EntryKey(certificate.kid, HashType.SIGNATURE.value, signature_hash(signature, certificate.algorithm))


def _is(key: EntryKey) -> tuple[ColumnElement[bool], ...]:
    table = revocation_entries.c
    return table.scope == key.scope, table.hash_type == key.hash_type, table.hash == key.hash
