"""A centre that serves the scanner's page and its lists, and passports and pictures for it."""

import datetime as dt
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.app import create_app
from api.checkers.scanner import DIST, PAGE, ScannerPage
from api.config import Settings, load_secret
from api.context import Centre, system_clock
from api.store.database import open_database
from certificates.bundle import CheckerBundle
from certificates.bundle_signing import Changes, sign_next
from certificates.rule_files import read_json
from certificates.rule_list import join
from certificates.rules import DEFAULT_RULES
from certificates.trust_entries import TrustEntry
from tests.support.codes import code, dcc
from tests.support.road import free_port
from tests.support.softkeys import SoftKey, make_key
from tests.support.trust_lists import certify, make_root

NOW: Final = system_clock().replace(microsecond=0)
DAY: Final = dt.timedelta(days=1)
RULES: Final = join(read_json(DEFAULT_RULES))
ROOT: Final = make_root(NOW - 365 * DAY)
LIST_KEY: Final = certify(ROOT, not_before=NOW - 30 * DAY)
DSC: Final = make_key("ES256", not_before=NOW - 60 * DAY, not_after=NOW + 700 * DAY)
ENTRY: Final = TrustEntry.of(DSC.certificate_der)


def passport(number: int = 0, *, key: SoftKey = DSC, **changes: Any) -> str:
    """The text of a passport that is valid now, of a person of this number. ``changes``: of the vaccination."""
    return code(key, iat=seconds(NOW - DAY), exp=seconds(NOW + 300 * DAY), dcc=person(number, **changes))


def person(number: int, **changes: Any) -> dict[str, Any]:
    """Its certificate, as `tests.support.codes.dcc`."""
    document = dcc(nam={"fn": "Nguyễn", "gn": f"Thị Ánh {number}", "fnt": "NGUYEN", "gnt": "THI<ANH"})
    day = (NOW - 40 * DAY).date().isoformat()
    document["v"] = [{**document["v"][0], "dt": day, "ci": f"URN:UVCI:01:VN:{number:014d}", **changes}]
    return document


def seconds(moment: dt.datetime) -> int:
    return int(moment.timestamp())


@dataclass
class Site:
    """The service. It counts what it was asked, and what it sent."""

    centre: Centre
    url: str
    asked: Counter[str] = field(default_factory=Counter)
    sent: int = 0
    scanner: ScannerPage = field(init=False)
    _server: uvicorn.Server | None = None
    _thread: threading.Thread | None = None

    @property
    def lists(self) -> Path:
        return self.centre.settings.lists

    @property
    def page(self) -> str:
        return f"{self.url}/scan"

    def publish(
        self, changes: Changes | None = None, *, key: SoftKey = LIST_KEY, at: dt.datetime = NOW, root: SoftKey = ROOT
    ) -> CheckerBundle:
        """The next bundle; the one DSC and the rules of the house where nothing else is said."""
        changes = changes or Changes(entries=(ENTRY,), rules=RULES)
        return sign_next(self.lists, changes, key, [root.certificate_der], issued_at=at, expires_at=at + 6 * DAY)

    def start(self) -> None:
        made = create_app(self.centre)
        self.scanner = made.state.scanner
        app = _Counted(made, self)
        port = int(self.url.rpartition(":")[2])
        config = uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, log_level="critical")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)

    def stop(self) -> None:
        """Nobody is there any more."""
        if self._server is None or self._thread is None:
            return
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(20)
        self._server = None


class _Counted:
    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app, self._site = app, site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def noting(message: Message) -> None:
            headers = message.get("headers", ())
            self._site.sent += len(message.get("body", b"")) + sum(
                len(name) + len(value) + 4 for name, value in headers
            )
            await send(message)

        if scope["type"] == "http":
            self._site.asked[scope["path"]] += 1
        await self._app(scope, receive, noting)


@contextmanager
def scanner_site(folder: Path) -> Iterator[Site]:
    """A service that pins the root. Skips the test where the page was not built."""
    if not (DIST / PAGE).is_file():
        pytest.skip("no npm here, or the page was not built: what it does in a browser is left out")
    (folder / "data" / "lists").mkdir(parents=True)
    roots = folder / "root.pem"
    roots.write_bytes(x509.load_der_x509_certificate(ROOT.certificate_der).public_bytes(Encoding.PEM))
    url = f"http://127.0.0.1:{free_port()}"
    settings = Settings(data=folder / "data", list_roots=roots, centre_url=url, requests_per_minute=10_000)
    engine = open_database(settings.data / "vaxseal.sqlite3")
    site = Site(Centre(engine=engine, settings=settings, secret=load_secret(settings.data)), url)
    site.start()
    try:
        yield site
    finally:
        site.stop()
        engine.dispose()
