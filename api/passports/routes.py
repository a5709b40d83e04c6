"""HTTP for the holders of passports. POST only: nothing that names a person stands in a URL."""

import asyncio
import base64
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.auth import get_centre
from api.context import Centre
from api.errors import CentreError
from api.limits import count_and_ask, count_call, limited
from api.passports.citizen import Status, fetch_passport, fetch_pdf
from api.problems import RESPONSES
from certificates.records.model import instant_to_text

router = APIRouter(prefix="/v1/citizen", tags=["citizen"], responses=RESPONSES)


class PassportRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    certificate_code: str = Field(max_length=100, description="as printed, with or without its check character")
    date_of_birth: str = Field(max_length=10, description="YYYY-MM-DD, or YYYY-MM or YYYY where no more is known")


class PassportAnswer(BaseModel):
    status: Status
    hc1: str
    qr_png: str
    expires_at: str


class PdfRequest(PassportRequest):
    claim_code: str = Field(max_length=40, description="from the paper slip")


_FETCHERS: Final = ThreadPoolExecutor(8, "fetch")  # of their own: nobody's long request stands before a fetch
_JSON: Final = "application/json"
_BODY: Final = {"requestBody": {"required": True, "content": {_JSON: {"schema": PassportRequest.model_json_schema()}}}}


@router.post("/passport", responses={200: {"model": PassportAnswer}}, openapi_extra=_BODY)
async def passport(request: Request) -> Response:
    """Whether the passport is valid, and its QR."""
    return await asyncio.get_running_loop().run_in_executor(_FETCHERS, _passport, request, await request.body())


def _passport(request: Request, body: bytes) -> Response:
    """Everybody asks for this: counted, read and answered in one visit to a thread, where FastAPI makes four, each of
    them dearer."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _JSON:
        count_call(request)
        raise CentreError("request-form", f"the body is not {_JSON}", fields=("",))  # as FastAPI refuses it elsewhere
    try:
        asked = PassportRequest.model_validate_json(body)
    except ValidationError as error:
        count_call(request)
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError([{**fault, "loc": ("body", *fault["loc"])} for fault in faults]) from None
    found = fetch_passport(
        request.app.state.centre,
        certificate_code=asked.certificate_code,
        date_of_birth=asked.date_of_birth,
        ask=partial(count_and_ask, request),
    )
    answer = PassportAnswer(
        status=found.status,
        hc1=found.hc1,
        qr_png=base64.b64encode(found.qr_png).decode("ascii"),
        expires_at=instant_to_text(found.expires_at),
    )
    return Response(answer.model_dump_json(), media_type=_JSON)


@router.post(
    "/certificate.pdf",
    dependencies=[Depends(limited)],
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}}},
)
def certificate(request: PdfRequest, centre: Annotated[Centre, Depends(get_centre)]) -> Response:
    """The signed PDF certificate, by the claim code of the paper slip as well."""
    pdf = fetch_pdf(
        centre,
        certificate_code=request.certificate_code,
        date_of_birth=request.date_of_birth,
        claim_code=request.claim_code,
    )
    return Response(
        pdf, media_type="application/pdf", headers={"Content-Disposition": 'attachment; filename="certificate.pdf"'}
    )
