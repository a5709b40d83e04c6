"""HTTP for scanners that are online. Nothing of a text is kept: neither the text nor whose it is."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json

from api.auth import get_centre
from api.checkers.answers import BulkAnswer, VerifyAnswer
from api.checkers.counts import VerdictCounts
from api.checkers.examples import BULK, TEXT, VERDICTS, answered
from api.checkers.lists import CheckerLists
from api.checkers.verifying import grounds_for, verify
from api.context import Centre
from api.limits import RateLimit, client_of
from certificates.checking import CheckedCertificate
from certificates.errors import CheckError
from certificates.grounds import Grounds
from certificates.verdicts import answer

MOST_TEXTS: Final = 100  # of one bulk request

router = APIRouter(prefix="/v1/checkers", tags=["checkers"])


class Place(BaseModel):
    """Whose rules apply, where any shall."""

    model_config = ConfigDict(extra="forbid")
    country: str | None = Field(default=None, pattern="^[A-Z]{2}$", description="apply this country's acceptance rules")
    policy: str | None = Field(default=None, max_length=40, description="the occasion: border, venue")


class VerifyRequest(Place):
    text: str = Field(description="as scanned, HC1:...", examples=[TEXT])


class BulkRequest(Place):
    texts: list[str] = Field(min_length=1, max_length=MOST_TEXTS, description="as scanned", examples=[[TEXT, TEXT]])


class Checker:
    """What the routes below check by, and where they count."""

    def __init__(self, request: Request, centre: Centre) -> None:
        state = request.app.state
        self._lists: CheckerLists = state.checker_lists
        self._counts: VerdictCounts = state.verdict_counts
        self._limit: RateLimit = state.verify_limit
        self._client = client_of(request)
        self._centre = centre

    def check(self, texts: list[str], place: Place) -> tuple[Grounds, list[CheckedCertificate | CheckError]]:
        self._limit.count(self._client, len(texts))
        now = self._centre.clock()
        home = self._centre.settings.country
        grounds = grounds_for(self._lists, now, home=home, country=place.country, policy=place.policy)
        verdicts = verify(texts, grounds, now)
        self._counts.add(verdicts, now)
        return grounds, verdicts


async def get_checker(request: Request, centre: Annotated[Centre, Depends(get_centre)]) -> Checker:
    """The dependency of the routes below."""
    return Checker(request, centre)


@router.post("/verify", response_class=Response, responses=answered(VerifyAnswer, VERDICTS))
def verify_one(request: VerifyRequest, checker: Annotated[Checker, Depends(get_checker)]) -> Response:
    """Check the text of a QR code, as `vaxseal check --json` does. Invalid is an answer (200), with its reason.

    Without a country or a policy only the certificate itself is asked about: signature, signer, dates, content,
    revocation. Nothing is stored but how many checks ended how.
    """
    grounds, (verdict,) = checker.check([request.text], request)
    return _json(grounds.answer(verdict))


@router.post("/verify-bulk", response_class=Response, responses=answered(BulkAnswer, {"two": BULK}))
def verify_bulk(request: BulkRequest, checker: Annotated[Checker, Depends(get_checker)]) -> Response:
    """Check up to 100 texts at once; the answers stand in their order, the lists once."""
    grounds, verdicts = checker.check(request.texts, request)
    lists = {"lists": grounds.lists.to_dict()} if grounds.lists else {}
    return _json({"answers": [answer(verdict) for verdict in verdicts], **lists})


def _json(body: dict[str, Any]) -> Response:
    return Response(to_json(body), media_type="application/json")
