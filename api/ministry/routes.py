"""HTTP for the ministry's machines among themselves. Who logs in here is a token that is enrolled for the ministry."""

import base64
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from api.auth import Session, from_base64, get_centre, require_session
from api.context import Centre
from api.ministry import lists, unit_lists
from api.ministry.files import LARGEST, find_missing, give_out, take_in
from api.ministry.lists import LARGEST_DRAFT
from api.problems import RESPONSES
from certificates.bundle import BUNDLE
from certificates.revocation.drafts import write_draft
from certificates.unit_list import UNIT_LIST

MOST_NAMES: Final = 1000  # of one question
_SHA256: Final = "^[0-9a-f]{64}$"
_BASE64: Final = 4 / 3 + 0.01
router = APIRouter(prefix="/v1/ministry", tags=["ministry"], responses=RESPONSES)


class MissingRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    files: list[Annotated[str, Field(pattern=_SHA256)]] = Field(max_length=MOST_NAMES, description="SHA-256 of each")


class MissingAnswer(BaseModel):
    missing: list[str]


class FileRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    data: str = Field(max_length=int(LARGEST * _BASE64), description="base64")


class NameRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    sha256: str = Field(pattern=_SHA256)


class NameAnswer(BaseModel):
    sha256: str


class DataAnswer(BaseModel):
    data: str = Field(description="base64")

    @classmethod
    def of(cls, data: bytes) -> "DataAnswer":
        return cls(data=base64.b64encode(data).decode("ascii"))


class NothingRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")


class UnitListRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    manifest: str = Field(max_length=int(UNIT_LIST.max_size * _BASE64), description="base64 of a signed manifest")


class VersionAnswer(BaseModel):
    version: int


class StateAnswer(BaseModel):
    published: int = Field(description="the newest version of the checkers' bundle that is out; 0: none")
    due: int = Field(description="revocations that the next one would add or remove")


class DraftRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    limit: int = Field(default=LARGEST_DRAFT, ge=1, le=LARGEST_DRAFT, description="of what is added, and removed")


class DraftAnswer(BaseModel):
    draft: str = Field(description="as `vaxseal lists revocations` writes it")


class BundleRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    manifest: str = Field(max_length=int(BUNDLE.max_size * _BASE64), description="base64 of a signed manifest")


class BundleAnswer(BaseModel):
    version: int
    sha256: str
    signers: int
    ticked_off: int = Field(description="revocations that it is the first to hold, or to hold no longer")
    fresh: bool = Field(description="it came out by this call")


@router.post("/files/missing")
def missing(
    request: MissingRequest,
    centre: Annotated[Centre, Depends(get_centre)],
    session: Annotated[Session, Depends(require_session)],
) -> MissingAnswer:
    """Which of these files were not handed in yet."""
    found = find_missing(centre, session, [bytes.fromhex(name) for name in request.files])
    return MissingAnswer(missing=[name.hex() for name in found])


@router.post("/files")
def hand_in(
    request: FileRequest,
    centre: Annotated[Centre, Depends(get_centre)],
    session: Annotated[Session, Depends(require_session)],
) -> NameAnswer:
    """Hand in a part of a list. It means nothing until a signed list names it."""
    return NameAnswer(sha256=take_in(centre, session, from_base64(request.data, "data")).hex())


@router.post("/files/read")
def read(
    request: NameRequest,
    centre: Annotated[Centre, Depends(get_centre)],
    session: Annotated[Session, Depends(require_session)],
) -> DataAnswer:
    """A file that was handed in."""
    return DataAnswer.of(give_out(centre, session, bytes.fromhex(request.sha256)))


@router.post("/units")
def hand_in_units(
    request: UnitListRequest,
    centre: Annotated[Centre, Depends(get_centre)],
    session: Annotated[Session, Depends(require_session)],
) -> VersionAnswer:
    """The ministry's signed list of enrolled units, for its other machines. Its parts are handed in before."""
    manifest = from_base64(request.manifest, "manifest")
    return VersionAnswer(version=unit_lists.receive(centre, session, manifest))


@router.post("/units/newest")
def newest_units(
    _request: NothingRequest,
    centre: Annotated[Centre, Depends(get_centre)],
    session: Annotated[Session, Depends(require_session)],
) -> DataAnswer:
    """The manifest of the newest list of units: the ministry's machines verify it themselves."""
    return DataAnswer.of(unit_lists.newest(centre, session))


@router.post("/lists/state")
def list_state(
    _request: NothingRequest,
    centre: Annotated[Centre, Depends(get_centre)],
    session: Annotated[Session, Depends(require_session)],
) -> StateAnswer:
    """What waits for the list signer."""
    found = lists.look(centre, session)
    return StateAnswer(published=found.published, due=found.due)


@router.post("/lists/draft")
def list_draft(
    request: DraftRequest,
    centre: Annotated[Centre, Depends(get_centre)],
    session: Annotated[Session, Depends(require_session)],
) -> DraftAnswer:
    """Revocations that no published bundle says yet. A draft that gets lost costs nothing: the next has them again."""
    return DraftAnswer(draft=write_draft(lists.draft(centre, session, limit=request.limit)).decode())


@router.post("/lists/publish")
def publish_lists(
    request: BundleRequest,
    centre: Annotated[Centre, Depends(get_centre)],
    session: Annotated[Session, Depends(require_session)],
) -> BundleAnswer:
    """Give out a bundle by its signed manifest. Its new parts are handed in before."""
    done = lists.publish_handed_in(centre, session, from_base64(request.manifest, "manifest"))
    return BundleAnswer(
        version=done.version,
        sha256=done.sha256.hex(),
        signers=done.signers,
        ticked_off=done.ticked_off,
        fresh=done.fresh,
    )
