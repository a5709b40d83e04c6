"""Which drivers of tokens are installed: by the file names that their vendors give them, and by p11-kit's list."""

import fnmatch
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hsm import p11kit

PROJECT_SOFTHSM: Final = Path(".cache/softhsm")  # where a set-up without root unpacks SoftHSM
SOFTHSM: Final = "SoftHSM"

# Vendor, then the names of its driver's file; the first that is installed is tried first. Tokens of Vietnamese CAs
# come from SafeNet, Bit4id and Feitian, most under the CA's own name.
_LINUX: Final = (
    ("Viettel-CA", ("viettel-ca_v*.so", "libviettel-ca_v*.so")),
    ("VNPT-CA", ("vnptca_p11_v*.so", "libvnptca_p11_v*.so")),
    ("SafeNet", ("libeTPkcs11.so", "libeToken.so", "libIDPrimePKCS11.so")),
    ("Bit4id", ("libbit4xpki.so", "libbit4ipki.so", "libbit4opki.so")),
    ("Feitian ePass2003", ("libcastle.so*", "libcastle_v2.so*")),
    ("OpenSC", ("opensc-pkcs11.so",)),
)
_DARWIN: Final = (
    ("Viettel-CA", ("viettel-ca_v*.dylib", "libviettel-ca_v*.dylib")),
    ("VNPT-CA", ("vnptca_p11_v*.dylib", "libvnptca_p11_v*.dylib")),
    ("SafeNet", ("libeTPkcs11.dylib", "libIDPrimePKCS11.dylib")),
    ("Bit4id", ("libbit4xpki.dylib", "libbit4ipki.dylib")),
    ("Feitian ePass2003", ("libcastle*.dylib",)),
    ("OpenSC", ("opensc-pkcs11.so",)),
)
_WINDOWS: Final = (
    ("Viettel-CA", ("viettel-ca_v*.dll",)),
    ("VNPT-CA", ("vnptca_p11_v*.dll",)),
    ("SafeNet", ("eTPKCS11.dll", "IDPrimePKCS1164.dll", "IDPrimePKCS11.dll")),
    ("Bit4id", ("bit4xpki.dll", "bit4ipki.dll")),
    ("Feitian ePass2003", ("eps2003csp11.dll",)),
    ("OpenSC", ("opensc-pkcs11.dll",)),
)
_DRIVERS: Final[Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]]] = {
    "linux": _LINUX,
    "darwin": _DARWIN,
    "win32": _WINDOWS,
}
# Folders, and how many levels below them are searched.
_FOLDERS: Final[Mapping[str, tuple[tuple[str, int], ...]]] = {
    "linux": (
        ("/usr/lib", 0),
        ("/usr/lib64", 0),
        ("/usr/lib/x86_64-linux-gnu", 0),
        ("/usr/lib/aarch64-linux-gnu", 0),
        ("/usr/lib/pkcs11", 0),
        ("/usr/lib64/pkcs11", 0),
        ("/usr/local/lib", 1),
        ("/opt", 3),
    ),
    "darwin": (("/usr/local/lib", 1), ("/Library/OpenSC/lib", 0), ("/opt/homebrew/lib", 1), ("/Library/Frameworks", 2)),
    # SysWOW64 holds what 32-bit set-ups install: found there, a driver can at least be explained.
    "win32": (
        ("{SystemRoot}/System32", 0),
        ("{ProgramFiles}", 4),
        ("{SystemRoot}/SysWOW64", 0),
        ("{ProgramFiles(x86)}", 4),
    ),
}
_WINDOWS_FOLDERS: Final = {
    "SystemRoot": "C:/Windows",
    "ProgramFiles": "C:/Program Files",
    "ProgramFiles(x86)": "C:/Program Files (x86)",
}
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """A PKCS#11 module that is installed. ``name``: of its vendor."""

    name: str
    path: Path

    @property
    def is_software(self) -> bool:
        """For development: its tokens are files."""
        return self.name == SOFTHSM


def _platform() -> str:
    return sys.platform if sys.platform in ("darwin", "win32") else "linux"


def softhsm_places(project: Path = PROJECT_SOFTHSM) -> tuple[Path, ...]:
    """Where SoftHSM may lie: the project's own copy first, then the system's."""
    name = "softhsm2-x64.dll" if _platform() == "win32" else "libsofthsm2.so"
    own = tuple(sorted(project.rglob(name))) if project.is_dir() else ()
    return (*own, *(Path(place) for place in _SOFTHSM[_platform()]))


def installed_drivers() -> tuple[Driver, ...]:
    """Every driver that is installed, each file once: vendors' own, OpenSC, what p11-kit lists, and SoftHSM last."""
    files = [file for folder, depth in _folders() for file in _files(folder, depth)]
    found = [
        Driver(name=name, path=file)
        for name, patterns in _DRIVERS[_platform()]
        for pattern in patterns
        for file in files
        if fnmatch.fnmatchcase(file.name.lower(), pattern.lower())
    ]
    if _platform() == "linux":
        found += [Driver(name=name, path=path) for name, path in p11kit.configured_modules()]
    softhsm = {place.resolve() for place in softhsm_places()}
    hardware = [driver for driver in found if driver.path.resolve() not in softhsm]
    software = [Driver(name=SOFTHSM, path=place) for place in softhsm_places() if place.is_file()]
    unique: dict[Path, Driver] = {}
    for driver in (*hardware, *software[:1]):
        unique.setdefault(driver.path.resolve(), driver)
    return tuple(unique.values())


def _folders() -> Iterator[tuple[Path, int]]:
    names = {name: os.environ.get(name, usual) for name, usual in _WINDOWS_FOLDERS.items()}
    for folder, depth in _FOLDERS[_platform()]:
        place = folder
        for name, value in names.items():
            place = place.replace(f"{{{name}}}", value)
        yield Path(place), depth


def _files(folder: Path, depth: int) -> Iterator[Path]:
    """The files of a folder and of those below it. What cannot be read is passed over."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.is_file():
            yield Path(entry.path)
        elif depth and entry.is_dir(follow_symlinks=False):
            yield from _files(Path(entry.path), depth - 1)
