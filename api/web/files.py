"""The look's own files: style sheet, script, signs. Nothing on a page comes from elsewhere."""

import hashlib
from functools import cache
from importlib.resources import files
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.conditional import is_known
from api.errors import CentreError

router = APIRouter(include_in_schema=False)
_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}


@cache
def _read(name: str) -> tuple[bytes, str]:
    data = files("api.web").joinpath("static", name).read_bytes()
    return data, f'"{hashlib.sha256(data).hexdigest()[:32]}"'


@cache
def _names() -> frozenset[str]:
    return frozenset(file.name for file in files("api.web").joinpath("static").iterdir())


@router.get("/static/{name}")
def static(request: Request, name: str) -> Response:
    """A file; 304 where the browser has it already."""
    if name not in _names():
        raise CentreError("not-found")
    data, tag = _read(name)
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if is_known(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(data, media_type=_TYPES[name.rpartition(".")[2]], headers=headers)
