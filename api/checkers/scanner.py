"""The scanner's page: what the build left in ``api/web/checker/dist``, and what one deployment says to it.

A page that was opened once works without a network: its service worker keeps every file by its SHA-256. What it decides
by is fetched from ``/v1/lists`` and verified in the browser below the root that ``setup.json`` names.
"""

import hashlib
import json
from base64 import b64encode
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import structlog

from api.checkers.publishing import age_limits, pinned_roots
from api.config import Settings
from api.errors import CentreError
from certificates.other_codes import WORDS
from certificates.valuesets import PRODUCTS
from certificates.verdicts import SENTENCES

DIST: Final = Path(__file__).parents[1] / "web" / "checker" / "dist"
PAGE: Final = "index.html"
WORKER: Final = "sw.js"
SETUP: Final = "setup.json"
_log = structlog.get_logger(__name__)
_PACKED: Final = ".gz"
_NOT_KEPT: Final = frozenset({"core.js"})  # for whoever builds on the checker; the page has it in another file
_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFile:
    """One file as it is served. ``packed``: the same with gzip; None where that does not pay. ``digest``: SHA-256 in
    hexadecimal."""

    data: bytes
    packed: bytes | None
    media_type: str
    digest: str

    @classmethod
    def of(cls, data: bytes, suffix: str, packed: bytes | None = None) -> "PageFile":
        digest = hashlib.sha256(data).hexdigest()
        return cls(data=data, packed=packed, media_type=_TYPES[suffix], digest=digest)


class ScannerPage:
    """The files of one deployment by name, read when the first of them is asked for. Empty where none was built."""

    def __init__(self, settings: Settings, dist: Path = DIST) -> None:
        self._settings = settings
        self._dist = dist

    @cached_property
    def files(self) -> dict[str, PageFile]:
        if not (self._dist / PAGE).is_file():
            return {}
        found = {path.name: _read(path) for path in sorted(self._dist.iterdir()) if path.suffix in _TYPES}
        setup = json.dumps(_setup(self._settings), ensure_ascii=False, sort_keys=True).encode()
        found[SETUP] = PageFile.of(setup, ".json")
        worker = found.pop(WORKER)
        kept = {name: file.digest for name, file in found.items() if name not in _NOT_KEPT}
        found[WORKER] = PageFile.of(_announce(kept) + worker.data, ".js")
        return found


def _read(path: Path) -> PageFile:
    packed = path.with_name(path.name + _PACKED)
    return PageFile.of(path.read_bytes(), path.suffix, packed.read_bytes() if packed.is_file() else None)


def _announce(kept: dict[str, str]) -> bytes:
    """The line that tells the service worker what to keep; another file makes another worker, and so an update."""
    return b"self.KEPT=" + json.dumps(kept, sort_keys=True, separators=(",", ":")).encode() + b";\n"


def _setup(settings: Settings) -> dict[str, Any]:
    """What the page is told: whom to believe, where it is, and the library's own words."""
    limits = age_limits(settings)
    return {
        "roots": [b64encode(root).decode() for root in _roots(settings)],
        "country": settings.country,
        "environment": settings.environment,
        "limits": {"warn": _milliseconds(limits.warn), "refuse": _milliseconds(limits.refuse)},
        "reasons": {reason.value: {"en": english, "vi": local} for reason, (english, local) in SENTENCES.items()},
        "others": {kind.value: {"en": english, "vi": local} for kind, (english, local) in WORDS.items()},
        "products": {product.mp: product.name for product in PRODUCTS.values()},
    }


def _roots(settings: Settings) -> tuple[bytes, ...]:
    """The pinned roots. Without them the page is there and says that it has nobody to believe."""
    try:
        return pinned_roots(settings)
    except CentreError as error:
        _log.error("scanner-without-root", code=error.code)
        return ()


def _milliseconds(span: timedelta) -> int:
    return round(span.total_seconds() * 1000)
