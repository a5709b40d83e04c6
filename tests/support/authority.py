"""A commercial CA on loopback, by certomancer: a root, two authorities under it, units' certificates, CRL and OCSP.

``asked`` is below the authority that answers by OCSP (through a delegated responder) and by CRL; ``listed`` below one
that has a CRL only. The ones named ``later`` are revoked a day after START, and ``fallen`` is below an authority that
the root revokes then. Answers are as of ``at``.
"""

import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from certomancer.integrations.animator import Animator, AnimatorArchStore
from certomancer.registry import ArchLabel, CertLabel, CertomancerConfig, PKIArchitecture
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.support.centre import START
from tests.support.softkeys import SoftKey

LATER = "2022-03-02T02:00:00+0000"
_LABEL = ArchLabel("vn")
_VALIDITY = {"valid-from": "2021-01-01T00:00:00+0000", "valid-to": "2026-01-01T00:00:00+0000"}
_AUTHORITIES = ("root", "asking", "listing", "fallen-ca")
_UNITS = {
    "asked": "asking",
    "asked-later": "asking",
    "listed": "listing",
    "listed-later": "listing",
    "fallen": "fallen-ca",
    "mute": "listing",
}


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - its name there
        pass


@dataclass
class CommercialCa:
    """``at``: the moment of its answers. ``silent``: it answers every question with 503. ``questions`` it was asked."""

    architecture: PKIArchitecture
    animator: Animator
    keys: dict[str, Any]
    address: str
    silent: bool = False
    questions: int = 0

    def certificate(self, label: str) -> bytes:
        return bytes(self.architecture.get_cert(CertLabel(label)).dump())  # type: ignore[no-untyped-call]

    def unit(self, label: str) -> SoftKey:
        return SoftKey(self.keys[label], self.certificate(label), self.certificate(_UNITS[label]))

    def move_to(self, at: datetime) -> None:
        self.animator.fixed_time = at

    def fetched(self, address: str) -> bytes:
        """A list, as it is served."""
        with urllib.request.urlopen(address, timeout=10) as response:  # noqa: S310 - its own address
            return bytes(response.read())

    def write_authorities(self, folder: Path) -> Path:
        """A folder as the operator makes it: root and authorities between."""
        folder.mkdir()
        for label in _AUTHORITIES:
            (folder / f"{label}.crt").write_bytes(self.certificate(label))
        return folder


@contextmanager
def commercial_ca(folder: Path) -> Iterator[CommercialCa]:
    """The CA with its services, until the block ends."""
    served: list[CommercialCa] = []

    def application(environ: Any, start: Any) -> Any:
        ca = served[0]
        ca.questions += 1
        if ca.silent:
            start("503 Service Unavailable", [])
            return []
        return ca.animator(environ, start)

    server = make_server("127.0.0.1", 0, application, request_handler=_Quiet)
    address = f"http://127.0.0.1:{server.server_port}"
    for label, pem in _keys().items():
        (folder / f"{label}.pem").write_bytes(pem)
    config = CertomancerConfig(_config(address), key_search_dir=str(folder))
    architecture = config.get_pki_arch(_LABEL)
    animator = Animator(AnimatorArchStore(config.pki_archs), at_time=START, with_web_ui=False)
    keys = {label: load_pem_private_key(pem, None) for label, pem in _keys().items()}
    served.append(CommercialCa(architecture=architecture, animator=animator, keys=keys, address=address))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield served[0]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@cache
def _keys() -> dict[str, bytes]:
    """RSA where Vietnamese CAs have it; EC elsewhere, which is quick to make."""
    made: dict[str, Any] = {
        label: ec.generate_private_key(ec.SECP256R1())
        for label in ("root", "listing", "fallen-ca", "responder", *_UNITS)
    }
    for label in ("asking", "asked"):
        made[label] = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return {label: key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) for label, key in made.items()}


def _config(address: str) -> dict[str, Any]:
    def authority(label: str, issuer: str = "root", **services: str) -> dict[str, Any]:
        params = {"crl-repo": label, **services}
        return {"issuer": issuer, "validity": _VALIDITY, "profiles": [{"id": "simple-ca", "params": params}]}

    def unit(label: str, issuer: str) -> dict[str, Any]:
        revoked = {"revocation": {"revoked-since": LATER}} if label.endswith("later") else {}
        return {"subject": label, "issuer": issuer, "validity": _VALIDITY, "profiles": ["digsig-commitment"], **revoked}

    certs: dict[str, Any] = {label: unit(label, issuer) for label, issuer in _UNITS.items()}
    certs["mute"]["profiles"] = []
    certs["mute"]["extensions"] = [
        {"id": "key_usage", "critical": True, "smart-value": {"schema": "key-usage", "params": ["digital_signature"]}},
        {"id": "crl_distribution_points", "value": []},
    ]
    certs |= {
        "root": {"subject": "root", "subject-key": "root", "authority-key": "root", **authority("root")},
        "asking": authority("asking", **{"ocsp-service": "asking"}),
        "listing": authority("listing"),
        "fallen-ca": {**authority("fallen-ca"), "revocation": {"revoked-since": LATER}},
        "responder": {"issuer": "asking", "validity": _VALIDITY, "profiles": ["ocsp-responder"]},
    }
    names = {label: {"common-name": f"SPECIMEN {label}"} for label in (*_AUTHORITIES, *_UNITS, "responder")}
    lists = {
        label: {"for-issuer": label, "signing-key": label, "simulated-update-schedule": "P1D"} for label in _AUTHORITIES
    }
    return {
        "external-url-prefix": address,
        "keysets": {"vn": {"keys": {label: {"path": f"{label}.pem"} for label in _keys()}}},
        "pki-architectures": {
            "vn": {
                "keyset": "vn",
                "entity-defaults": {"country-name": "VN", "organization-name": "SPECIMEN CA"},
                "entities": names,
                "certs": certs,
                "services": {
                    "ocsp": {
                        "asking": {"for-issuer": "asking", "responder-cert": "responder", "signing-key": "responder"}
                    },
                    "crl-repo": lists,
                },
            }
        },
    }
