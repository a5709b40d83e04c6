"""Which PKCS#11 module to use: the one that is named, else the one that shows the token."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hsm.drivers import PROJECT_SOFTHSM, installed_drivers, softhsm_places
from hsm.errors import ModuleNotFound

if TYPE_CHECKING:
    from hsm.tokens import TokenSelector

ENVIRONMENT_VARIABLE: Final = "VAXSEAL_PKCS11_MODULE"


def find_softhsm() -> Path:
    """SoftHSM alone, for development. Raises ModuleNotFound."""
    for place in softhsm_places():
        if place.is_file():
            return place
    raise ModuleNotFound("SoftHSM is not installed (Debian and Ubuntu: apt install softhsm2)")


def named_module(explicit: Path | None = None) -> Path | None:
    """``explicit``, else VAXSEAL_PKCS11_MODULE, else None. Raises ModuleNotFound: the named one is not there."""
    named = explicit
    if named is None and (from_environment := os.environ.get(ENVIRONMENT_VARIABLE)):
        named = Path(from_environment)
    if named is not None and not named.is_file():
        raise ModuleNotFound(f"there is no PKCS#11 module at {named}")
    return named


def find_module(explicit: Path | None = None, selector: "TokenSelector | None" = None) -> Path:
    """The module to use: the named one (`named_module`), else the project's own SoftHSM, else the driver that shows
    the token that ``selector`` means: all that are installed are asked, each in a process of its own.

    Raises:
        ModuleNotFound: a named module is not there, or nothing is installed at the places known.
        TokenAmbiguous: several drivers show different tokens that fit; its ``serials`` name them.
    """
    if (named := named_module(explicit)) is not None:
        return named
    own = [place for place in softhsm_places() if place.is_relative_to(PROJECT_SOFTHSM)]
    if own:
        return own[0]
    drivers = installed_drivers()
    if not drivers:
        raise ModuleNotFound(
            "no PKCS#11 module was found: install the driver of the token, or name it with --module or "
            f"{ENVIRONMENT_VARIABLE} (for development: apt install softhsm2)"
        )
    if len(drivers) == 1:
        return drivers[0].path
    # Here, not above: a named module needs no survey.
    from hsm.discovery import choose_driver, survey

    return choose_driver(survey(drivers), selector).path
