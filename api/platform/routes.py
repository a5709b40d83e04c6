"""HTTP for the platform: enter doses."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Response
from pydantic import BaseModel, ConfigDict, Field

from api.auth import get_centre
from api.context import Centre
from api.errors import CentreError
from api.platform.doses import BATCH, enter_doses
from api.platform.keys import Platform, require_platform
from api.problems import RESPONSES

_TEXT: Final = r"^[^\x00]*$"  # what a database can keep
_Cell = Annotated[str, Field(max_length=500, pattern=_TEXT)]
_KEY: Final = r"^[A-Za-z0-9._:-]{8,100}$"


class EnteredDose(BaseModel):
    """One dose, read like a row of an import file (docs/import-format.md)."""

    model_config = ConfigDict(extra="forbid")
    id: str = Field(min_length=1, max_length=64, pattern=_TEXT, description="the caller's own; it stands in the answer")
    full_name: _Cell = ""
    family_name: _Cell = ""
    given_name: _Cell = ""
    date_of_birth: _Cell = Field(default="", description="YYYY-MM-DD or DD/MM/YYYY, or a year only")
    sex: _Cell = ""
    nationality: _Cell = Field(default="", description="empty: Viet Nam")
    id_number: _Cell = ""
    dose_number: _Cell = Field(description="1 to 9")
    given_on: _Cell = Field(description="the day of the jab: a dose given today is entered today")
    product: _Cell
    manufacturer: _Cell = ""
    lot: _Cell = ""
    amount: _Cell = ""
    unit: _Cell = Field(description="code of the unit that gave it")
    entered_by: _Cell = ""


class DosesRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    doses: list[EnteredDose] = Field(min_length=1, max_length=BATCH)


class DoseResult(BaseModel):
    id: str
    outcome: str = Field(description="accepted, duplicate or refused")
    code: str | None = Field(description="why it was refused")
    fields: list[str]
    sentence_vi: str
    sentence_en: str
    record: str | None
    late: bool = Field(description="entered after the day of the jab (letter 1815/BYT-CNTT)")
    late_days: int
    notes: list[str] = Field(description="what was converted or joined")


class DosesAnswer(BaseModel):
    results: list[DoseResult] = Field(description="in the order of the request")


router = APIRouter(prefix="/v1/platform", tags=["platform"], responses=RESPONSES)


@router.post("/doses")
def doses(
    request: DosesRequest,
    response: Response,
    centre: Annotated[Centre, Depends(get_centre)],
    platform: Annotated[Platform, Depends(require_platform)],
    idempotency_key: Annotated[
        str, Header(pattern=_KEY, description="the caller's name of this request; the same again changes nothing")
    ],
) -> DosesAnswer:
    """Enter up to 1,000 doses. Each has an answer of its own; a refused one holds up no other."""
    ids = [dose.id for dose in request.doses]
    if len(set(ids)) != len(ids):
        raise CentreError("request-form", fields=("doses.id",))
    given = [(dose.id, dose.model_dump(exclude={"id"})) for dose in request.doses]
    results, again = enter_doses(centre, platform, given, idempotency_key=idempotency_key)
    if again:
        response.headers["Idempotency-Replayed"] = "true"
    return DosesAnswer(results=[DoseResult(**result) for result in results])
