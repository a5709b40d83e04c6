"""HTTP for what a person is told. POST only: nothing that names a person stands in a URL."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from api.auth import get_centre
from api.context import Centre
from api.limits import limited
from api.notices.showing import show_notices
from api.passports.routes import PdfRequest
from api.problems import RESPONSES

router = APIRouter(prefix="/v1/citizen", tags=["citizen"], dependencies=[Depends(limited)], responses=RESPONSES)


class NoticeAnswer(BaseModel):
    kind: str
    vi: str
    en: str
    certificate_code: str
    new_certificate_code: str | None = Field(description="of the passport that takes its place")
    since: str
    until: str | None = Field(description="when the old passport ends")


@router.post("/notices")
def notices(request: PdfRequest, centre: Annotated[Centre, Depends(get_centre)]) -> list[NoticeAnswer]:
    """What is to be told about the passports of this person, newest first, by any of their codes and the slip's."""
    found = show_notices(
        centre,
        certificate_code=request.certificate_code,
        date_of_birth=request.date_of_birth,
        claim_code=request.claim_code,
    )
    return [NoticeAnswer.model_validate(one, from_attributes=True) for one in found]
