"""The routes of the scanner's page (`api.checkers.scanner`): open to everybody, without a look at who asks."""

from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.checkers.scanner import PAGE, WORKER, PageFile, ScannerPage
from api.conditional import is_known
from api.errors import CentreError

_CSP: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",  # the reader of QR codes is WebAssembly
        "worker-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types vaxseal",
    )
)
_HEADERS: Final = {
    "Content-Security-Policy": _CSP,
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_SCOPE: Final = {"Service-Worker-Allowed": "/scan"}
_ASKED: Final = "public, no-cache"  # no file of a version beside one of another, where no service worker sees to it
_FRESH: Final = "public, max-age=3600"  # until then a second visit asks for nothing, not even for a newer page
_NOT_BUILT: Final = """<!doctype html>
<html lang="vi"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Scanner</title>
<h1>Trang quét chưa được dựng trên máy chủ này</h1>
<p>Người quản trị hãy cài npm rồi chạy <code>make setup</code>.</p>
<h1 lang="en">The scanner was not built on this server</h1>
<p lang="en">Its operator installs npm and runs <code>make setup</code>.</p></html>
"""

router = APIRouter(prefix="/scan", include_in_schema=False)


@router.get("")
async def page(request: Request) -> Response:
    """The page; where the service has none, what is to be done."""
    file = _files(request).get(PAGE)
    if file is None:
        return Response(_NOT_BUILT, status_code=503, media_type="text/html; charset=utf-8", headers=_HEADERS)
    return _answer(request, file, _ASKED)


@router.get("/{name}")
async def part(name: str, request: Request) -> Response:
    """A file of the page. Raises CentreError ``not-found``."""
    file = _files(request).get(name)
    if file is None:
        raise CentreError("not-found")
    return _answer(request, file, _FRESH if name == WORKER else _ASKED, _SCOPE if name == WORKER else {})


def _files(request: Request) -> dict[str, PageFile]:
    scanner: ScannerPage = request.app.state.scanner
    return scanner.files


def _answer(request: Request, file: PageFile, caching: str, more: dict[str, str] | None = None) -> Response:
    etag = f'"{file.digest}"'
    headers = {**_HEADERS, **(more or {}), "Cache-Control": caching, "ETag": etag, "Vary": "Accept-Encoding"}
    if is_known(request, etag):
        return Response(status_code=304, headers=headers)
    data = file.data
    if file.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        data, headers["Content-Encoding"] = file.packed, "gzip"
    return Response(data, media_type=file.media_type, headers=headers)
