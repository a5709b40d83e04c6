"""Whether an answer need not be sent again."""

from starlette.requests import Request


def is_known(request: Request, etag: str) -> bool:
    """Whether If-None-Match (RFC 9110, 13.1.2) names what would be sent, weakly or not, or anything at all."""
    given = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
    return etag in given or given == ["*"]
