"""The register and the platform of a deployment, as its settings say."""

from pathlib import Path
from typing import Final, Literal

from sqlalchemy import Engine

from api.config import Settings
from api.context import Clock
from api.errors import CentreError
from api.identity.breaker import Breaker
from api.identity.http_register import HttpRegister
from api.identity.partner import Address, Partner, open_partner
from api.identity.register import FileRegister, Register

Target = Literal["register", "platform"]
TARGETS: Final[tuple[Target, ...]] = ("register", "platform")
_WEB: Final = ("https://", "http://")


def open_register(settings: Settings, engine: Engine, clock: Clock, *, where: str | None = None) -> Register:
    """The register at ``where``, an address or a CSV file; None: the one of the settings.

    Raises CentreError ``register-none`` (nowhere is one named), ``settings``; RecordError ``register-file``.
    """
    where = where or settings.register_address
    if where is None:
        raise CentreError("register-none", "no register is set: VAXSEAL_REGISTER_ADDRESS names its address or file")
    if not where.startswith(_WEB):
        return FileRegister(Path(where), clock=clock)
    partner = _open(settings, engine, clock, "register", where, settings.register_ca)
    return HttpRegister(partner=partner, name=partner.host, clock=clock)


def open_target(settings: Settings, engine: Engine, clock: Clock, target: Target) -> Partner | None:
    """Where corrections for this target go, or None where it takes none. Raises CentreError ``settings``."""
    where, ca = (
        (settings.register_address, settings.register_ca)
        if target == "register"
        else (settings.platform_address, settings.platform_ca)
    )
    if where is None or not where.startswith(_WEB):
        return None
    return _open(settings, engine, clock, target, where, ca)


def targets_of(settings: Settings) -> tuple[Target, ...]:
    """Who takes corrections in this deployment: what has an address."""
    named = {"register": settings.register_address, "platform": settings.platform_address}
    return tuple(target for target in TARGETS if (named[target] or "").startswith(_WEB))


def _open(settings: Settings, engine: Engine, clock: Clock, name: Target, url: str, ca: Path | None) -> Partner:
    address = Address(
        url=url,
        ca=ca,
        certificate=settings.client_certificate,
        key=settings.client_key,
        seconds=settings.partner_seconds,
    )
    return open_partner(address, Breaker(engine=engine, name=name, clock=clock))
