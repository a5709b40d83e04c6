"""Where the PKCS#11 module of a token is found."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from hsm.errors import ModuleNotFound

ENVIRONMENT_VARIABLE: Final = "VAXSEAL_PKCS11_MODULE"
PROJECT_SOFTHSM: Final = Path(".cache/softhsm")  # where a set-up without root unpacks SoftHSM

_SOFTHSM: Final[Mapping[str, tuple[str, ...]]] = {
    "linux": (
        "/usr/lib/softhsm/libsofthsm2.so",
        "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/lib64/pkcs11/libsofthsm2.so",
        "/usr/lib64/softhsm/libsofthsm2.so",
        "/usr/local/lib/softhsm/libsofthsm2.so",
    ),
    "darwin": ("/opt/homebrew/lib/softhsm/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so"),
    "win32": ("C:/SoftHSM2/lib/softhsm2-x64.dll", "C:/Program Files/SoftHSM2/lib/softhsm2-x64.dll"),
}
# Drivers of tokens in use in Vietnam, by the file names under which their vendors install them.
_DRIVERS: Final[Mapping[str, tuple[str, ...]]] = {
    "linux": ("libeTPkcs11.so", "libIDPrimePKCS11.so", "libbit4xpki.so", "libcastle.so", "opensc-pkcs11.so"),
    "darwin": ("libeTPkcs11.dylib", "libbit4xpki.dylib", "libcastle.dylib", "opensc-pkcs11.so"),
    "win32": (
        "eTPKCS11.dll",
        "bit4xpki.dll",
        "eps2003csp11.dll",
        "viettel-ca_v6.dll",
        "vnptca_p11_v8.dll",
        "opensc-pkcs11.dll",
    ),
}
_DRIVER_FOLDERS: Final[Mapping[str, tuple[str, ...]]] = {
    "linux": ("/usr/lib", "/usr/lib64", "/usr/lib/x86_64-linux-gnu", "/usr/local/lib", "/opt/bit4id"),
    "darwin": ("/usr/local/lib", "/Library/OpenSC/lib", "/opt/homebrew/lib"),
    "win32": ("C:/Windows/System32",),
}


def _platform() -> str:
    return sys.platform if sys.platform in ("darwin", "win32") else "linux"


def softhsm_places(project: Path = PROJECT_SOFTHSM) -> tuple[Path, ...]:
    """Where SoftHSM may lie: the project's own copy first, then the system's."""
    name = "softhsm2-x64.dll" if _platform() == "win32" else "libsofthsm2.so"
    own = tuple(sorted(project.rglob(name))) if project.is_dir() else ()
    return (*own, *(Path(place) for place in _SOFTHSM[_platform()]))


def driver_places() -> tuple[Path, ...]:
    """Where the drivers of hardware tokens lie on this system when they are installed."""
    return tuple(Path(folder) / name for folder in _DRIVER_FOLDERS[_platform()] for name in _DRIVERS[_platform()])


def find_softhsm() -> Path:
    """SoftHSM alone, for development. Raises ModuleNotFound."""
    for place in softhsm_places():
        if place.is_file():
            return place
    raise ModuleNotFound("SoftHSM is not installed (Debian and Ubuntu: apt install softhsm2)")


def find_module(explicit: Path | None = None) -> Path:
    """The module to use: ``explicit``, else VAXSEAL_PKCS11_MODULE, else the project's SoftHSM, else the driver of a
    hardware token, else the system's SoftHSM.

    Raises:
        ModuleNotFound: a named module is not there, or nothing is installed at the places known.
    """
    named = explicit
    if named is None and (from_environment := os.environ.get(ENVIRONMENT_VARIABLE)):
        named = Path(from_environment)
    if named is not None:
        if not named.is_file():
            raise ModuleNotFound(f"there is no PKCS#11 module at {named}")
        return named
    places = softhsm_places()
    own = [place for place in places if place.is_relative_to(PROJECT_SOFTHSM)]
    for place in (*own, *driver_places(), *places):
        if place.is_file():
            return place
    raise ModuleNotFound(
        "no PKCS#11 module was found: install the driver of the token, or name it with --module or "
        f"{ENVIRONMENT_VARIABLE} (for development: apt install softhsm2)"
    )
