"""Verify passports with PyPI ``cwt``: nothing of vaxseal is imported here.

Reads JSON lines {"id", "text", "certificates": [base64 DER]} and answers {"id", "ok", "detail", "payload"} for each.
Runs in an environment of its own, because cwt 3.3 and our cbor2 exclude each other.
"""
# It runs in an environment of its own, with other packages:
# mypy: ignore-errors

import base64
import json
import sys
import zlib

import base45
import cbor2
import cwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cwt import COSEKey


def verify(text: str, certificates: list[str]) -> dict:
    cose = zlib.decompress(base45.b45decode(text.removeprefix("HC1:")))
    protected = cbor2.loads(cbor2.loads(cose).value[0])
    for encoded in certificates:
        certificate = x509.load_der_x509_certificate(base64.b64decode(encoded))
        kid = certificate.fingerprint(hashes.SHA256())[:8]
        if kid != protected[4]:
            continue
        pem = certificate.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        key = COSEKey.from_pem(pem, kid=kid, alg={-7: "ES256", -37: "PS256"}[protected[1]])
        return cwt.decode(cose, keys=[key])[-260][1]
    raise ValueError("no certificate has this kid")


for line in sys.stdin:
    row = json.loads(line)
    try:
        answer = {"ok": True, "detail": "", "payload": verify(row["text"], row["certificates"])}
    except Exception as error:
        answer = {"ok": False, "detail": repr(error), "payload": None}
    print(json.dumps({"id": row["id"], **answer}, default=str))
