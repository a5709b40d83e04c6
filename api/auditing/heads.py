"""The log's head in answers of the service: so it leaves the database all the time, with whoever works here."""

from typing import Self

from pydantic import BaseModel, Field

from api.audit import read_head
from api.context import Centre
from certificates.log_heads import GivenHead, give_head


class HeadAnswer(BaseModel):
    sequence: int = Field(description="the last row of the log of acts when this was answered")
    hash: str = Field(description="base64")
    seal: str = Field(description="base64; by it the centre knows this head again")

    @classmethod
    def of(cls, centre: Centre) -> Self:
        return cls(**current_head(centre).to_dict())


def current_head(centre: Centre) -> GivenHead:
    """The head at this moment, sealed."""
    with centre.engine.connect() as connection:
        return give_head(centre.secret, read_head(connection))
