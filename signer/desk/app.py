"""The page's application: its files, and one route for each button. All of it stands behind `signer.desk.guard`."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import asdict
from importlib import resources
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, SecretStr
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from certificates.records.model import instant_to_text
from signer.approval import approval_digest
from signer.batch import Batch
from signer.client import NotReady
from signer.desk.board import Board
from signer.desk.guard import PAIR_PATH, Door, Pairing
from signer.desk.seat import Typed
from signer.desk.sitting import DeskRefusalError, DeskSettings, Sitting
from signer.errors import AgentError
from signer.review import Refusal, ReviewedJob

LONGEST_WAIT: Final = 20.0  # seconds that a question for news may stay open
_LOOK: Final = 0.05
_ID: Final = r"^[A-Za-z0-9._:-]{1,64}$"
_ACCOUNT: Final = r"^[A-Za-z0-9._@-]{1,64}$"
_LARGEST_BATCH: Final = 500
_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}

Diagnose = Callable[[], list[dict[str, Any]]]  # what is wrong with this machine and its token, in both languages


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Nothing(_Body):
    """A button without more."""


class PairRequest(_Body):
    code: str = Field(max_length=100)


class NewsRequest(_Body):
    after: int = Field(ge=0)


class PinRequest(_Body):
    """``last_try``: the person was told that a wrong PIN locks the token, and wants it tried."""

    pin: SecretStr = Field(max_length=64)
    last_try: bool = False


class PersonRequest(_Body):
    """Who sits down at the desk, as the centre knows the person."""

    account: str = Field(pattern=_ACCOUNT)
    password: SecretStr = Field(min_length=1, max_length=128)
    code: SecretStr = Field(min_length=1, max_length=12)


class LogInRequest(PinRequest):
    person: PersonRequest | None = None


class Shown(_Body):
    job_id: str = Field(pattern=_ID)
    digest: str = Field(pattern="^[0-9a-f]{64}$")


class SignRequest(PinRequest):
    batch: int = Field(ge=1)
    jobs: list[Shown] = Field(max_length=_LARGEST_BATCH)


class PauseRequest(_Body):
    paused: bool


def page_files() -> dict[str, tuple[bytes, str]]:
    """The page's own files by path, each with its type."""
    folder = resources.files("signer.desk") / "pages"
    found = {
        f"/{file.name}": (file.read_bytes(), kind)
        for file in folder.iterdir()
        if (kind := _TYPES.get("." + file.name.rpartition(".")[2]))
    }
    return {**found, "/": found["/index.html"]}


def create_desk(
    sitting: Sitting,
    board: Board,
    settings: DeskSettings,
    *,
    origin: str,
    pairing: Pairing,
    report: Callable[[], dict[str, Any]],
) -> Door:
    """The ASGI application for ``origin``. ``report``: diagnostics without personal data."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    files = page_files()
    _add_errors(app, settings)

    async def file(request: Request) -> Response:
        data, kind = files[request.url.path]
        return Response(data, headers={"Content-Type": kind})

    for path in files:
        app.add_route(path, file, methods=["GET"])

    @app.post(PAIR_PATH)
    def pair(body: PairRequest) -> dict[str, Any]:
        secret = pairing.pair(body.code)
        if secret is None:
            raise DeskRefusalError("code-used")
        board.change()  # wakes the page before, which is told that it is not the one any more
        return {"secret": secret, "practice_pin": settings.practice_pin}

    @app.post("/api/news")
    async def news(body: NewsRequest) -> dict[str, Any]:
        """The board, as soon as it is another than ``after``."""
        until = time.monotonic() + LONGEST_WAIT
        while board.number == body.after and not board.ended and time.monotonic() < until:
            await asyncio.sleep(_LOOK)
        return board.to_dict()

    @app.post("/api/log-in")
    def log_in(body: LogInRequest) -> dict[str, Any]:
        sitting.log_in(_once(body.pin), last_try=body.last_try, typed=_typed(body.person))
        return {}

    @app.post("/api/log-out")
    def log_out(body: Nothing) -> dict[str, Any]:
        sitting.log_out()
        return {}

    @app.post("/api/take")
    def take(body: Nothing) -> dict[str, Any]:
        sitting.take()
        return {}

    @app.post("/api/put-back")
    def put_back(body: Nothing) -> dict[str, Any]:
        sitting.put_back()
        return {}

    @app.post("/api/batch")
    def batch(body: Nothing) -> dict[str, Any]:
        """What will be signed, decoded from the very bytes, each with the digest that an approval binds."""
        number, shown = sitting.rows()
        return {"number": number, **_batch_dict(shown)}

    @app.post("/api/sign")
    def sign(body: SignRequest) -> dict[str, Any]:
        shown = {one.job_id: bytes.fromhex(one.digest) for one in body.jobs}
        sitting.sign(body.batch, shown, _once(body.pin), last_try=body.last_try)
        return {}

    @app.post("/api/pause")
    def pause(body: PauseRequest) -> dict[str, Any]:
        sitting.pause(paused=body.paused)
        return {}

    @app.post("/api/stop")
    def stop(body: Nothing) -> dict[str, Any]:
        sitting.stop()
        return {}

    @app.post("/api/not-ready")
    def not_ready(body: Nothing) -> dict[str, Any]:
        return _not_ready_dict(sitting.not_ready())

    @app.post("/api/history")
    def history(body: Nothing) -> dict[str, Any]:
        return {"receipts": sitting.receipts.newest()}

    @app.post("/api/report")
    def report_(body: Nothing) -> dict[str, Any]:
        return report()

    return Door(app, origin=origin, pairing=pairing, files=frozenset(files))


def _once(pin: SecretStr) -> Callable[[], str]:
    """Gives the PIN to the first who asks. A token that asks again wants a person."""
    held = [pin]

    def give() -> str:
        if not held:
            raise AgentError("pin-again", "The token wants its PIN again: take the batch up once more.")
        return held.pop().get_secret_value()

    return give


def _typed(person: PersonRequest | None) -> Typed | None:
    if person is None:
        return None
    code = "".join(person.code.get_secret_value().split())
    return Typed(account=person.account.lower(), password=person.password.get_secret_value(), code=code)


def _batch_dict(batch: Batch | None) -> dict[str, Any]:
    if batch is None:
        return {"jobs": [], "refusals": []}
    return {
        "jobs": [_job_dict(job) for job in batch.reviewed],
        "refusals": [_refusal_dict(one) for one in (*batch.refusals, *batch.postponed)],
    }


def _job_dict(job: ReviewedJob) -> dict[str, Any]:
    row = job.row
    return {
        "job_id": job.job_id,
        "digest": approval_digest(job).hex(),
        "surname": row.surname,
        "given_name": row.given_name,
        "date_of_birth": row.date_of_birth,
        "dose": row.dose,
        "given_on": row.given_on,
        "product": row.product,
        "certificate_code": row.certificate_code,
        "expires_on": row.expires_on,
        "oddities": [{"weight": one.weight, "code": one.code, "words": one.words} for one in job.oddities],
    }


def _not_ready_dict(found: NotReady) -> dict[str, Any]:
    records = [{**asdict(one), "since": instant_to_text(one.since)} for one in found.records]
    return {"records": records, "total": found.total}


def _refusal_dict(refusal: Refusal) -> dict[str, Any]:
    return {"job_id": refusal.job_id, "reason": refusal.reason}


def _add_errors(app: FastAPI, settings: DeskSettings) -> None:
    """Codes only: what was sent, a PIN perhaps, is never said back."""

    @app.exception_handler(RequestValidationError)
    def malformed(request: Request, error: Exception) -> Response:
        return JSONResponse({"error": "request-form"}, 422)

    @app.exception_handler(DeskRefusalError)
    def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, DeskRefusalError)  # noqa: S101 - by registration
        return JSONResponse({"error": error.code}, 409)

    @app.exception_handler(AgentError)
    def failed(request: Request, error: Exception) -> Response:
        assert isinstance(error, AgentError)  # noqa: S101 - by registration
        vietnamese = settings.vietnamese(error.code) or error.sentence
        return JSONResponse({"error": error.code, "en": error.sentence, "vi": vietnamese}, 502)

    @app.exception_handler(HTTPException)
    def plain(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - by registration
        return JSONResponse({"error": "path"}, error.status_code)

    @app.exception_handler(Exception)
    def unforeseen(request: Request, error: Exception) -> Response:
        return JSONResponse({"error": "desk-fault"}, 500)
