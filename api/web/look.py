"""One page that shows every part of the look, in all its states."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.web.pages import PageRoute, render

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/look")
def look(request: Request) -> Response:
    """Colours, type, and each component as pages use it."""
    return render(request, "look.html")
