"""Verify HC1 texts with PyPI base45 and cwt: first a line of JSON, then numbers, as hc1_loop.js.

Runs in an environment of its own, because cwt 3.3 and our cbor2 exclude each other.
"""
# It runs in an environment of its own, with other packages:
# mypy: ignore-errors

import base64
import json
import sys
import time
import zlib

import base45
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cwt import COSEKey, decode

given = json.loads(sys.stdin.readline())
texts = given["texts"]
certificate = x509.load_der_x509_certificate(base64.b64decode(given["certificate"]))
pem = certificate.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
key = COSEKey.from_pem(pem, kid=certificate.fingerprint(hashes.SHA256())[:8], alg="ES256")

position = 0
for line in sys.stdin:
    start = time.perf_counter_ns()
    for _ in range(int(line)):
        text = texts[position % len(texts)]
        position += 1
        claims = decode(zlib.decompress(base45.b45decode(text[4:])), keys=[key])
        assert claims[-260][1]["v"]
    print(time.perf_counter_ns() - start, flush=True)
