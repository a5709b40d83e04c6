"""Log-in of a unit's token: challenge, signature, session. The bearer is kept as its SHA-256 only."""

import base64
import binascii
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, bindparam, insert, select, update

from api.accounts.shifts import check_shift
from api.accounts.signers import refuse_stranger
from api.accounts.staff import POLICE
from api.audit import record_act
from api.auditing.heads import HeadAnswer
from api.context import Centre
from api.errors import CentreError
from api.limits import limited
from api.problems import RESPONSES
from api.signing.lifetimes import signs_until
from api.store.counters import sweep
from api.store.schema import challenges, sessions, tokens, units
from api.store.schema_accounts import staff_sessions
from api.store.transactions import writing
from certificates.errors import IssuanceError
from certificates.jobs import Task
from certificates.list_signing import is_list_signer
from certificates.login import NONCE_SIZE, LoginChallenge, verify_login
from certificates.pki import SigningCertificate
from certificates.records.model import instant_from_text, instant_to_text

CHALLENGE_LIFE: Final = timedelta(minutes=2)
SESSION_LIFE: Final = timedelta(hours=8)
MINISTRY: Final = "ministry"  # the kind of unit that issues in two-tier
ACCOUNT_PATTERN: Final = r"^[A-Za-z0-9._@-]{1,64}$"
_SUSPENDED: Final = select(tokens.c.suspended_at).where(tokens.c.fingerprint == bindparam("token"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Who works: a token of a unit, a person at it, and what they sign here."""

    unit: str
    account: str
    task: Task
    certificate: SigningCertificate
    expires_at: datetime

    @property
    def actor(self) -> str:
        """As the audit names it."""
        return f"{self.account}@{self.unit}"


@lru_cache(maxsize=16384)
def read_certificate(der: bytes) -> SigningCertificate:
    """The certificate of an enrolled token, parsed once."""
    return SigningCertificate.from_der(der)


@lru_cache(maxsize=16384)
def signs_lists(der: bytes) -> bool:
    """Whether a certificate is a list signer's."""
    return is_list_signer(der)


def task_of(mode: str, kind: str, certificate_der: bytes) -> Task:
    """What this token of a unit of this kind is for in this mode. Raises CentreError ``no-task``."""
    if kind == POLICE:
        raise CentreError("no-task", "police sign lists, not records")
    if kind == MINISTRY:
        return "issue" if mode == "two-tier" and not signs_lists(certificate_der) else "watch"
    return "confirm" if mode == "two-tier" else "issue"


def make_challenge(centre: Centre, *, fingerprint: bytes, account: str) -> tuple[LoginChallenge, datetime]:
    """A challenge for anybody who asks: an unknown token learns nothing from it. Returns it with its end."""
    now = centre.clock()
    challenge = LoginChallenge(
        challenge_id=secrets.token_hex(16), nonce=secrets.token_bytes(NONCE_SIZE), account=account
    )
    expires_at = now + CHALLENGE_LIFE
    with writing(centre.engine) as connection:
        sweep(connection, challenges, challenges.c.expires_at < instant_to_text(now - CHALLENGE_LIFE))
        connection.execute(
            insert(challenges).values(
                challenge_id=challenge.challenge_id,
                nonce=challenge.nonce,
                fingerprint=fingerprint,
                account=account,
                expires_at=instant_to_text(expires_at),
            )
        )
    return challenge, expires_at


def log_in(centre: Centre, *, challenge_id: str, signature: bytes, shift: str | None = None) -> tuple[str, Session]:
    """Verify a signed challenge; it is used up whatever comes of it. Returns the bearer and the session.

    Args:
        shift: proves the person at the token (`api.accounts.shifts`); the session ends with it.

    Raises CentreError ``login-refused``, ``token-suspended``, ``certificate-ended``, ``account-not-signer``,
    ``person-unproven`` (a shift is needed), ``shift-ended`` or ``no-task``.
    """
    now = centre.clock()
    challenge, fingerprint = _redeem(centre, challenge_id, now)
    with centre.engine.connect() as connection:
        token = connection.execute(
            select(tokens, units.c.kind)
            .join(units, units.c.code == tokens.c.unit)
            .where(tokens.c.fingerprint == fingerprint)
        ).one_or_none()
    if token is None:
        raise CentreError("login-refused", "the token is not enrolled")
    certificate = read_certificate(token.certificate)
    try:
        verify_login(challenge, signature, centre=centre.settings.centre_url, certificate=certificate)
    except IssuanceError as error:
        raise CentreError("login-refused", error.code) from error
    if token.suspended_at is not None:
        raise CentreError("token-suspended")
    if not certificate.not_before <= now <= certificate.not_after:
        raise CentreError("certificate-ended")
    expires_at, held = now + SESSION_LIFE, None if shift is None else bearer_hash(shift)
    with centre.engine.connect() as connection:
        refuse_stranger(connection, centre.settings, unit=token.unit, account=challenge.account)
        if held is not None:
            expires_at = min(expires_at, check_shift(connection, held, account=challenge.account, at=now))
        elif centre.settings.desk_person_proven and token.kind != MINISTRY:
            raise CentreError("person-unproven")
    session = Session(
        unit=token.unit,
        account=challenge.account,
        task=task_of(centre.settings.mode, token.kind, token.certificate),
        certificate=certificate,
        expires_at=expires_at,
    )
    bearer = secrets.token_urlsafe(32)
    with writing(centre.engine) as connection:
        sweep(connection, sessions, sessions.c.expires_at < instant_to_text(now))
        connection.execute(
            insert(sessions).values(
                token_hash=bearer_hash(bearer),
                fingerprint=fingerprint,
                account=session.account,
                expires_at=instant_to_text(session.expires_at),
                shift=held,
            )
        )
        how = "name" if held is None else "shift"
        subject = fingerprint.hex()
        record_act(connection, at=now, actor=session.actor, act="login", subject=subject, reason=how, token=fingerprint)
    return bearer, session


def find_session(centre: Centre, bearer: str) -> Session:
    """The session of a bearer.

    Raises CentreError ``session-ended`` (or the person's shift is), ``token-suspended``, ``account-not-signer`` or
    ``no-task``.
    """
    with centre.engine.connect() as connection:
        row = connection.execute(
            select(
                sessions.c.account,
                sessions.c.expires_at,
                sessions.c.shift,
                staff_sessions.c.token_hash.label("proven"),
                tokens.c.unit,
                tokens.c.certificate,
                tokens.c.suspended_at,
                units.c.kind,
            )
            .join(tokens, tokens.c.fingerprint == sessions.c.fingerprint)
            .join(units, units.c.code == tokens.c.unit)
            .outerjoin(staff_sessions, staff_sessions.c.token_hash == sessions.c.shift)
            .where(sessions.c.token_hash == bearer_hash(bearer))
        ).one_or_none()
        if row is None or row.shift != row.proven or instant_from_text(row.expires_at) <= centre.clock():
            raise CentreError("session-ended")
        if row.suspended_at is not None:
            raise CentreError("token-suspended")
        refuse_stranger(connection, centre.settings, unit=row.unit, account=row.account)
    return Session(
        unit=row.unit,
        account=row.account,
        task=task_of(centre.settings.mode, row.kind, row.certificate),
        certificate=read_certificate(row.certificate),
        expires_at=instant_from_text(row.expires_at),
    )


def refuse_all_but_ministry(connection: Connection, session: Session) -> None:
    """Raises CentreError ``role``: the token of another unit than the ministry."""
    kind = connection.execute(select(units.c.kind).where(units.c.code == session.unit)).scalar_one()
    if kind != MINISTRY:
        raise CentreError("role", "this is the ministry's work")


def refuse_suspended(connection: Connection, session: Session) -> None:
    """For transactions that write: the token may have been suspended since the request began.

    Raises CentreError ``token-suspended``.
    """
    suspended_at = connection.execute(_SUSPENDED, {"token": session.certificate.fingerprint}).scalar_one()
    if suspended_at is not None:
        raise CentreError("token-suspended")


def _redeem(centre: Centre, challenge_id: str, now: datetime) -> tuple[LoginChallenge, bytes]:
    with writing(centre.engine) as connection:
        row = connection.execute(select(challenges).where(challenges.c.challenge_id == challenge_id)).one_or_none()
        taken = connection.execute(
            update(challenges)
            .where(challenges.c.challenge_id == challenge_id, challenges.c.used_at.is_(None))
            .values(used_at=instant_to_text(now))
        ).rowcount
    if row is None or taken != 1 or instant_from_text(row.expires_at) < now:
        raise CentreError("login-refused", "the challenge is unknown, used or too old")
    return LoginChallenge(challenge_id=row.challenge_id, nonce=row.nonce, account=row.account), row.fingerprint


def bearer_hash(bearer: str) -> bytes:
    """As which a bearer is kept: SHA-256, 32 bytes. It is random, so that nothing slower is needed."""
    return hashlib.sha256(bearer.encode()).digest()


# --- HTTP ---

bearer_scheme = HTTPBearer(auto_error=False, description="The token of POST /v1/auth/login")


async def get_centre(request: Request) -> Centre:
    """The service behind this request. Async, because FastAPI takes any other dependency to a thread and back."""
    centre = request.app.state.centre
    assert isinstance(centre, Centre)  # noqa: S101 - set once by create_app
    return centre


def require_session(
    centre: Annotated[Centre, Depends(get_centre)],
    credentials: Annotated[HTTPAuthorizationCredentials | None, Security(bearer_scheme)],
) -> Session:
    """The dependency of every route that is not public."""
    if credentials is None:
        raise CentreError("bearer-missing")
    return find_session(centre, credentials.credentials)


def from_base64(text: str, field: str) -> bytes:
    """Raises CentreError ``request-form``, naming the field."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise CentreError("request-form", fields=(field,)) from None


class ChallengeRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    fingerprint: str = Field(max_length=64, description="base64 of SHA-256 over the DER of the token's certificate")
    account: str = Field(pattern=ACCOUNT_PATTERN, description="the person at the token")


class ChallengeAnswer(BaseModel):
    challenge_id: str
    nonce: str
    expires_at: str


class LoginRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    challenge_id: str = Field(max_length=64)
    signature: str = Field(max_length=1024, description="base64 of the raw signature over the log-in message")
    shift: str | None = Field(default=None, max_length=100, description="of /v1/auth/shift: who sits at the token")


class LoginAnswer(BaseModel):
    token: str
    unit: str
    task: Task
    mode: str
    expires_at: str
    signs_until: str = Field(description="the last moment at which this certificate may sign what the task asks for")
    log: HeadAnswer


router = APIRouter(prefix="/v1/auth", tags=["auth"], dependencies=[Depends(limited)], responses=RESPONSES)


@router.post("/challenge")
def challenge(request: ChallengeRequest, centre: Annotated[Centre, Depends(get_centre)]) -> ChallengeAnswer:
    """A nonce for the token to sign: single use, two minutes."""
    fingerprint = from_base64(request.fingerprint, "fingerprint")
    if len(fingerprint) != hashlib.sha256().digest_size:
        raise CentreError("request-form", fields=("fingerprint",))
    made, expires_at = make_challenge(centre, fingerprint=fingerprint, account=request.account)
    return ChallengeAnswer(
        challenge_id=made.challenge_id,
        nonce=base64.b64encode(made.nonce).decode("ascii"),
        expires_at=instant_to_text(expires_at),
    )


@router.post("/login")
def login(request: LoginRequest, centre: Annotated[Centre, Depends(get_centre)]) -> LoginAnswer:
    """Exchange the signed challenge for a bearer of eight hours."""
    bearer, session = log_in(
        centre,
        challenge_id=request.challenge_id,
        signature=from_base64(request.signature, "signature"),
        shift=request.shift,
    )
    return LoginAnswer(
        token=bearer,
        unit=session.unit,
        task=session.task,
        mode=centre.settings.mode,
        expires_at=instant_to_text(session.expires_at),
        signs_until=instant_to_text(signs_until(session.certificate, session.task)),
        log=HeadAnswer.of(centre),
    )
