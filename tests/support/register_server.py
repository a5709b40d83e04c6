"""A population register in a process of its own: https on loopback with client certificates, and with bad days.

``behaviour.json`` in its folder says how it answers from now on; ``register.csv`` holds its entries; what it was sent
stands in ``received.jsonl``. Run as ``python -m tests.support.register_server FOLDER``.
"""

import json
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from api.identity.partner import Address
from api.identity.register import FileRegister
from certificates.records.dates import PartialDate
from certificates.records.model import IdKind, Person, RegisterStatus, Sex

Behaviour = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterServer:
    """The running process, seen from a test."""

    url: str
    folder: Path

    def entries(self, *lines: str) -> None:
        """``id,name,dob,sex,status`` a line."""
        _swap(self.folder / "register.csv", "id,name,dob,sex,status\n" + "\n".join(lines))

    def behave(self, **behaviour: Any) -> None:
        """``slow``, ``drip`` (seconds), ``status``, ``retry_after``, ``text``, ``hang_up``, ``change`` (count,
        other, twice, kind, status, plain), ``fail_first`` (so many questions), ``no_acknowledgement``. None: well."""
        for name in ("asked", "received.jsonl"):
            (self.folder / name).unlink(missing_ok=True)
        _swap(self.folder / "behaviour.json", json.dumps(behaviour))

    @property
    def asked(self) -> int:
        """Requests since the behaviour was last set."""
        place = self.folder / "asked"
        return len(place.read_text()) if place.exists() else 0

    def received(self) -> list[dict[str, Any]]:
        """Corrections since then, each once: body, and key."""
        place = self.folder / "received.jsonl"
        return [json.loads(line) for line in place.read_text().splitlines()] if place.exists() else []

    def address(self, *, client: str = "centre", ca: str = "ca", seconds: float = 5) -> Address:
        return Address(
            url=self.url,
            ca=self.folder / f"{ca}.pem",
            certificate=self.folder / f"{client}.pem",
            key=self.folder / f"{client}.key",
            seconds=seconds,
        )

    def settings(self, **more: Any) -> dict[str, Any]:
        """For `api.config.Settings`: it is register and platform at once."""
        address = self.address()
        named: dict[str, Any] = {"register_address": self.url, "register_ca": address.ca}
        named |= {"platform_address": self.url, "platform_ca": address.ca}
        keys = {"client_certificate": address.certificate, "client_key": address.key, "partner_seconds": 5}
        return {**named, **keys, **more}


@contextmanager
def register_server(folder: Path) -> Iterator[RegisterServer]:
    """The process, until the block ends. Its folder also has a client and an authority that it does not know."""
    make_keys(folder)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.register_server", str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        port = int(process.stdout.readline())
        server = RegisterServer(url=f"https://127.0.0.1:{port}/register", folder=folder)
        server.entries()
        server.behave()
        yield server
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


class _Handler(BaseHTTPRequestHandler):
    folder: Path

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with (self.folder / "asked").open("a") as file:
            file.write("x")
        behaviour: Behaviour = json.loads((self.folder / "behaviour.json").read_text())
        asked = len((self.folder / "asked").read_text())
        time.sleep(behaviour.get("slow", 0))
        if behaviour.get("hang_up"):
            self.connection.close()
            return
        if "status" in behaviour and asked <= behaviour.get("fail_first", asked):
            self._send(behaviour["status"], b"{}", behaviour)
            return
        answers = {"/register/v1/ask": self._ask, "/register/v1/entries": self._entries}
        made = answers.get(self.path, self._correct)(body, behaviour)
        self._send(200, behaviour["text"].encode() if "text" in behaviour else json.dumps(made).encode(), behaviour)

    def _ask(self, body: Any, behaviour: Behaviour) -> Any:
        register = FileRegister(self.folder / "register.csv")
        persons = [_person(asked) for asked in body["persons"]]
        answers = [
            {"number": asked["number"], "status": answer.status.value}
            | (
                {
                    "name": answer.name,
                    "date_of_birth": answer.date_of_birth,
                    "sex": answer.sex,
                    "id_number": answer.id_number,
                }
                if answer.status is RegisterStatus.FOUND
                else {}
            )
            for asked, answer in zip(body["persons"], register.ask(persons), strict=True)
        ]
        _change(answers, behaviour.get("change"))
        return {"answers": answers[::-1]}

    def _entries(self, body: Any, _behaviour: Behaviour) -> Any:
        found: Sequence[Person] = FileRegister(self.folder / "register.csv").look_up(_person(body["person"]))
        named = [replace(person, nationality="VN").to_dict() for person in found]
        return {"entries": [{**one, "name": one["full_name"]} for one in named]}

    def _correct(self, body: Any, behaviour: Behaviour) -> Any:
        received = self.folder / "received.jsonl"
        line = json.dumps({"key": self.headers["Idempotency-Key"], "path": self.path, **body}, ensure_ascii=False)
        known = received.read_text().splitlines() if received.exists() else []
        if line not in known:
            with received.open("a") as file:
                file.write(line + "\n")
        return {} if behaviour.get("no_acknowledgement") else {"acknowledged": body["message"]}

    def _send(self, status: int, data: bytes, behaviour: Behaviour) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        if "retry_after" in behaviour:
            self.send_header("Retry-After", str(behaviour["retry_after"]))
        if "drip" not in behaviour:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if "drip" in behaviour:
            for place in range(len(data)):
                self.wfile.write(data[place : place + 1])
                time.sleep(behaviour["drip"])
            return
        self.wfile.write(data)

    def log_message(self, *_args: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # clients without a certificate, or that went away


def _change(answers: list[dict[str, Any]], change: str | None) -> None:
    if change == "count":
        answers.pop()
    elif change == "other":
        answers[0]["number"] = "0" * 32
    elif change == "twice":
        answers[0] = answers[-1]
    elif change == "kind":
        answers[0]["name"] = "yes"
    elif change == "status":
        answers[0]["status"] = "perhaps"
    elif change == "plain":
        answers[0] = "yes"  # type: ignore[call-overload]


def _person(asked: dict[str, Any]) -> Person:
    return Person(
        full_name=asked["name"],
        date_of_birth=PartialDate.parse(asked["date_of_birth"]) if asked["date_of_birth"] else None,
        sex=Sex(asked["sex"]) if asked["sex"] else None,
        id_kind=IdKind(asked["id_kind"]) if asked["id_kind"] else None,
        id_number=asked["id_number"],
    )


def make_keys(folder: Path) -> None:
    """An authority with server and client, and another authority with a client that is a stranger here."""
    for authority, leaves in (("ca", ("server", "centre")), ("other-ca", ("stranger",))):
        key = ec.generate_private_key(ec.SECP256R1())
        issuer = _issue(folder, authority, key, key, None)
        for leaf in leaves:
            _issue(folder, leaf, ec.generate_private_key(ec.SECP256R1()), key, issuer)


def _issue(
    folder: Path,
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    issuer: x509.Certificate | None,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"SPECIMEN {name}")])
    now = datetime.now(UTC)
    authority = x509.SubjectKeyIdentifier.from_public_key(issuer_key.public_key())
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(authority), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(issuer_key, SHA256())
    )
    (folder / f"{name}.pem").write_bytes(made.public_bytes(Encoding.PEM))
    place = folder / f"{name}.key"
    place.touch(mode=0o600)
    place.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return made


def _swap(path: Path, text: str) -> None:
    made = path.with_suffix(".new")
    made.write_text(text, encoding="utf-8")
    made.replace(path)


def main(folder: Path) -> None:
    _Handler.folder = folder
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    context.load_verify_locations(folder / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    with _Server(("127.0.0.1", 0), _Handler) as server:
        port = server.server_port
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
