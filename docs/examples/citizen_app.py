"""A small citizen app, of the standard library alone: a code by telephone, the certificate, its QR as a file.

    VAXSEAL_APP_KEY=vxa_... python docs/examples/citizen_app.py https://centre.example

Asks for the identity number and the code, and writes passport.png and certificate.pdf. See docs/citizen-api.md.
"""

import getpass
import json
import os
import sys
import urllib.request
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError


class RefusedError(Exception):
    """The centre says no: ``problem`` is its application/problem+json."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(f"{problem['title']}: {problem['detail']}")
        self.problem = problem


@dataclass
class CitizenApp:
    """One person's visit. Nothing is kept on disk; ``seen`` holds answers by their tags, so that they come once."""

    centre: str
    key: str
    language: str = "vi"
    token: str | None = None
    seen: dict[str, tuple[str, bytes]] = field(default_factory=dict)

    def post(self, path: str, body: dict[str, Any] | None = None, *, key: str | None = None) -> bytes:
        """The answer's bytes. ``key``: the same one again, where no answer came, does nothing twice."""
        sent = json.dumps(body or {}).encode()
        headers = {"Content-Type": "application/json", "X-App-Key": self.key, "Accept-Language": self.language}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        if key is not None:
            headers["Idempotency-Key"] = key
        tag, known = self.seen.get(name := path + sent.decode(), ("", b""))
        if tag:
            headers["If-None-Match"] = tag
        address = f"{self.centre}/v1/citizen/{path}"
        request = urllib.request.Request(address, sent, headers, method="POST")  # noqa: S310 - of the own centre
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - as above
                data: bytes = answer.read()
                if answer.headers["ETag"]:
                    self.seen[name] = (answer.headers["ETag"], data)
                return data
        except HTTPError as error:
            with error:
                if error.code == 304:
                    return known
                raise RefusedError(json.load(error)) from None

    def ask_code(self, **who: str) -> tuple[str, str]:
        """Have a code sent; returns the ticket, and what to tell the person. It is the same for everybody."""
        answer = json.loads(self.post("enter/send-code", who, key=str(uuid.uuid4())))
        return answer["ticket"], answer["words"][self.language]

    def enter(self, ticket: str, code: str) -> None:
        """The code as it came."""
        self.token = json.loads(self.post("enter/code", {"ticket": ticket, "code": code}))["token"]

    def certificates(self, person: str = "self") -> list[dict[str, Any]]:
        """The newest first."""
        found: list[dict[str, Any]] = json.loads(self.post("me/certificates", {"person": person}))["certificates"]
        return found

    def record(self, person: str = "self") -> dict[str, Any]:
        """Where it stands, which field does not match, and what to do."""
        found: dict[str, Any] = json.loads(self.post("me/record", {"person": person}))
        return found

    def leave(self) -> None:
        """End the session, and forget what was seen."""
        self.post("enter/leave")
        self.token = None
        self.seen.clear()


def main() -> int:
    """The visit, in a terminal."""
    app = CitizenApp(centre=sys.argv[1].rstrip("/"), key=os.environ["VAXSEAL_APP_KEY"])
    try:
        ticket, words = app.ask_code(id_number=getpass.getpass("Số giấy tờ (không hiện): "))
        sys.stdout.write(f"{words}\n")
        app.enter(ticket, input("Mã: "))
        found = app.certificates()
        if not found:
            record = app.record()
            sys.stdout.write(f"{record['why']['vi']} {record['to_do']['vi']}\n")
        elif found[0]["hc1"] is not None:
            Path("passport.png").write_bytes(app.post("me/qr.png"))
            Path("certificate.pdf").write_bytes(app.post("me/certificate.pdf"))
            sys.stdout.write("passport.png, certificate.pdf\n")
        app.leave()
    except RefusedError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
