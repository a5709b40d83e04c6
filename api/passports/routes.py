"""HTTP for the holders of passports. POST only: nothing that names a person stands in a URL."""

import base64
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from api.auth import get_centre
from api.context import Centre
from api.limits import limited
from api.passports.citizen import Status, fetch_passport, fetch_pdf
from api.problems import RESPONSES
from certificates.records.model import instant_to_text

router = APIRouter(prefix="/v1/citizen", tags=["citizen"], dependencies=[Depends(limited)], responses=RESPONSES)


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


@router.post("/passport")
async def passport(request: PassportRequest, centre: Annotated[Centre, Depends(get_centre)]) -> PassportAnswer:
    """Whether the passport is valid, and its QR."""
    # Async, because FastAPI makes the answer of any other route in a thread as well: that would be a second way there.
    found = await run_in_threadpool(
        fetch_passport, centre, certificate_code=request.certificate_code, date_of_birth=request.date_of_birth
    )
    return PassportAnswer(
        status=found.status,
        hc1=found.hc1,
        qr_png=base64.b64encode(found.qr_png).decode("ascii"),
        expires_at=instant_to_text(found.expires_at),
    )


@router.post("/certificate.pdf", response_class=Response, responses={200: {"content": {"application/pdf": {}}}})
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
