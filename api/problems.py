"""The one place where a refusal becomes HTTP: problem+json (RFC 9457) in Vietnamese or English."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from api.errors import CentreError
from api.problem_kinds import KINDS
from certificates.errors import CertificateError
from certificates.records.dates import VIETNAM

TYPE_PREFIX: Final = "urn:vaxseal:problem:"
MEDIA_TYPE: Final = "application/problem+json"
_TIME: Final = {"vi": "%H:%M ngày %d/%m/%Y", "en": "%d/%m/%Y %H:%M (Viet Nam)"}


class Problem(BaseModel):
    """The body of every answer that is not 200 (RFC 9457)."""

    type: str = Field(description="a stable URN for each kind of problem")
    title: str
    status: int
    detail: str = Field(description="what to do, Vietnamese or English by Accept-Language")
    code: str = Field(description="the end of ``type``")
    fields: list[str] | None = Field(default=None, description="names of the request's fields that are wrong")


RESPONSES: Final[dict[int | str, dict[str, Any]]] = {  # for the routes' documents
    "default": {"description": "A problem", "content": {MEDIA_TYPE: {"schema": Problem.model_json_schema()}}}
}


def respond(
    request: Request,
    code: str,
    *,
    fields: tuple[str, ...] = (),
    headers: Mapping[str, str] | None = None,
    may_from: datetime | None = None,
) -> Response:
    """The problem+json response for ``code``; what is not in `KINDS` is our own fault and answers ``internal``."""
    if code not in KINDS:
        code = "internal"
    language = preferred_language(request.headers.get("accept-language", ""))
    body = describe(code, language, fields=fields, may_from=may_from)
    return Response(
        body.model_dump_json(exclude_none=True),
        status_code=body.status,
        media_type=MEDIA_TYPE,
        headers={"Content-Language": language, "Vary": "Accept-Language", **(headers or {})},
    )


def describe(code: str, language: str, *, fields: tuple[str, ...] = (), may_from: datetime | None = None) -> Problem:
    """The body of a kind of problem, in "vi" or "en"."""
    kind = KINDS[code]
    words = kind.vi if language == "vi" else kind.en
    local = may_from.astimezone(VIETNAM).strftime(_TIME[language]) if may_from else ""
    return Problem(
        type=TYPE_PREFIX + code,
        title=words.title,
        status=kind.status,
        detail=words.detail.replace("{time}", local),
        code=code,
        fields=list(fields) or None,
    )


def respond_to(request: Request, error: CentreError | CertificateError) -> Response:
    """The response for a refusal of a use case."""
    if isinstance(error, CertificateError):
        return respond(request, error.code)
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after is not None else {}
    if error.code in KINDS and KINDS[error.code].status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return respond(request, error.code, fields=error.fields, headers=headers, may_from=error.may_from)


def preferred_language(accept: str) -> str:
    """ "vi" or "en", whichever Accept-Language (RFC 9110, 12.5.4) ranks higher; Vietnamese where it names neither."""
    best, best_quality = "vi", 0.0
    for part in accept.split(","):
        name, _, parameter = part.strip().partition(";")
        language = name.split("-")[0].strip().lower()
        key, _, value = parameter.strip().partition("=")
        try:
            quality = float(value) if key.strip() == "q" else 1.0
        except ValueError:
            continue
        if language in ("vi", "en") and quality > best_quality:
            best, best_quality = language, quality
    return best
