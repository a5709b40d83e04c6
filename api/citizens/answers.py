"""Answers of the API for citizen apps: an ETag on each, and 304 where the app has the same one already.

The tag is keyed: nobody who sees it learns what it is of. These routes are read by POST, so that nothing about a person
stands in an address; a read that is a POST answers If-None-Match as a GET would (ADR 52).
"""

import hashlib
import hmac

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel

from api.conditional import is_known
from api.context import Centre

_KEPT = "private, no-cache"  # an app may keep it, and asks whether it still holds


def tagged(
    request: Request, centre: Centre, content: bytes | BaseModel, media_type: str = "application/json"
) -> Response:
    """The content with its tag, or 304 without it."""
    data = content.model_dump_json().encode() if isinstance(content, BaseModel) else content
    tag = f'"{hmac.new(centre.secret, b"etag" + data, hashlib.sha256).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": _KEPT}
    if is_known(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(data, media_type=media_type, headers=headers)
