"""Why a certificate is revoked: the reasons of RFC 5280, 5.3.1 that this project gives, in kebab-case."""

from typing import Final, Literal, get_args

Reason = Literal[
    "unspecified",
    "key-compromise",
    "affiliation-changed",
    "superseded",
    "cessation-of-operation",
    "privilege-withdrawn",
]
REASONS: Final[tuple[Reason, ...]] = get_args(Reason)
