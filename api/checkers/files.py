"""The published lists as files: cacheable, so that a plain web server or a CDN can stand before them, or serve them.

A checker fetches ``bundle.cbor``, which changes with each version, and of the parts that it names those it lacks.
"""

import hashlib
import re
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse, PlainTextResponse, Response

from api.auditing.heads import current_head
from api.auth import get_centre
from api.conditional import is_known
from api.context import Centre
from api.errors import CentreError
from api.limits import limited
from api.problems import RESPONSES
from certificates import bundle
from certificates.bundle_folder import MANIFEST, PARTS, folder_reader
from certificates.errors import CertificateError
from certificates.log_heads import SeenHead

MEDIA_TYPE: Final = "application/cbor"
FRESH: Final = "public, max-age=300, must-revalidate"
FOR_EVER: Final = "public, max-age=31536000, immutable"
_SHA256: Final = re.compile("[0-9a-f]{64}")
_FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {MEDIA_TYPE: {}}, "headers": {"ETag": {"schema": {"type": "string"}}}}
}

router = APIRouter(prefix="/v1/lists", tags=["lists"], responses=RESPONSES)


@router.head("/bundle.cbor", include_in_schema=False)
@router.get("/bundle.cbor", response_class=Response, responses=_FILE)
def newest(request: Request, centre: Annotated[Centre, Depends(get_centre)]) -> Response:
    """The manifest of the newest version. Ask with If-None-Match: 304 says that nothing changed."""
    try:
        data = folder_reader(centre.settings.lists)(MANIFEST, bundle.BUNDLE.max_size)
    except CertificateError as error:
        raise CentreError("list-missing") from error
    headers = _headers(hashlib.sha256(data).hexdigest(), FRESH)
    if is_known(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    length = {"Content-Length": str(len(data))}
    return Response(b"" if request.method == "HEAD" else data, media_type=MEDIA_TYPE, headers=headers | length)


@router.get("/log-head.txt", response_class=PlainTextResponse, dependencies=[Depends(limited)])
def log_head(centre: Annotated[Centre, Depends(get_centre)]) -> PlainTextResponse:
    """The head of the log of acts, in a line for whoever keeps a copy of the lists: so many more have seen it."""
    seen = SeenHead(given=current_head(centre), seen_at=centre.clock(), centre=centre.settings.centre_url)
    return PlainTextResponse(f"{seen.to_line()}\n", headers={"Cache-Control": FRESH})


@router.head("/parts/{sha256}", include_in_schema=False)
@router.get("/parts/{sha256}", response_class=Response, responses=_FILE)
def part(sha256: str, request: Request, centre: Annotated[Centre, Depends(get_centre)]) -> Response:
    """A part of a bundle, by the SHA-256 of its bytes in hexadecimal. It never changes."""
    path = centre.settings.lists / PARTS / sha256
    if not _SHA256.fullmatch(sha256) or not path.is_file():
        raise CentreError("list-missing")
    headers = _headers(sha256, FOR_EVER)
    if is_known(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return FileResponse(path, media_type=MEDIA_TYPE, headers=headers)


def _headers(sha256: str, caching: str) -> dict[str, str]:
    return {"ETag": f'"{sha256}"', "Cache-Control": caching}
