"""The answers about certificates as the documents show them. Made by `certificates.verdicts.answer`."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from certificates.errors import CheckReason
from certificates.other_codes import OtherCode


class RuleAnswer(BaseModel):
    """A rule that is not met."""

    model_config = ConfigDict(extra="forbid")
    identifier: str
    result: Literal["failed", "open"] = Field(description="open: nobody can say, so it is not met")
    description: dict[str, str] = Field(description="by language: en, vi")


class ListsAnswer(BaseModel):
    """What the verdict rests on."""

    model_config = ConfigDict(extra="forbid")
    version: int
    issued_at: str
    age_hours: int
    old: bool = Field(description="older than 24 hours: a newer one should have come")


class Verdict(BaseModel):
    """Valid or not, and why. Whose it is stands there only where it was proved."""

    model_config = ConfigDict(extra="forbid")
    verdict: Literal["valid", "invalid"]
    reason: CheckReason | None
    detail: str | None
    issuer: str | None
    kid: str | None = Field(description="hexadecimal")
    alg: Literal["ES256", "PS256"] | None
    issued_at: str | None
    expires_at: str | None
    payload: dict[str, Any] | None = Field(description="the EU Digital COVID Certificate, schema 1.3")
    other_code: OtherCode | None = Field(default=None, description="which other system's code this is")
    rules: list[RuleAnswer] | None = Field(default=None, description="with reason RULE: those that are not met")


class VerifyAnswer(Verdict):
    lists: ListsAnswer | None = Field(default=None, description="missing where no list can be used (reason TRUST)")


class BulkAnswer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    answers: list[Verdict] = Field(description="in the order of the texts")
    lists: ListsAnswer | None = Field(default=None, description="missing where no list can be used (reason TRUST)")
