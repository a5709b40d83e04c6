"""For which processor a module was built, from its first bytes: a driver of 32 bits cannot be loaded by 64."""

import platform
import struct
from pathlib import Path
from typing import Final

from hsm.errors import ModuleArchitecture

_ELF_MACHINES: Final = {3: "x86", 40: "arm", 62: "x86-64", 183: "arm64"}  # e_machine (System V ABI)
_PE_MACHINES: Final = {0x14C: "x86", 0x1C4: "arm", 0x8664: "x86-64", 0xAA64: "arm64"}  # PE format, "Machine Types"
_OURS: Final = {
    "x86_64": "x86-64",
    "amd64": "x86-64",
    "aarch64": "arm64",
    "arm64": "arm64",
    "i686": "x86",
    "x86": "x86",
}
_BITS: Final = {"x86": 32, "arm": 32, "x86-64": 64, "arm64": 64}


def module_architecture(path: Path) -> str | None:
    """One of x86, arm, x86-64, arm64; None for what is not recognised (a Mac's module may hold several)."""
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError:
        return None
    if head[:4] == b"\x7fELF" and len(head) >= 20:
        order = "<" if head[5] == 1 else ">"
        return _ELF_MACHINES.get(struct.unpack_from(f"{order}H", head, 18)[0])
    if head[:2] == b"MZ" and len(head) >= 64:
        start = int(struct.unpack_from("<I", head, 0x3C)[0])
        if head[start : start + 4] == b"PE\0\0" and len(head) >= start + 6:
            return _PE_MACHINES.get(struct.unpack_from("<H", head, start + 4)[0])
    return None


def check_architecture(path: Path) -> None:
    """Raises ModuleArchitecture when the module is plainly for another processor than this program."""
    theirs, ours = module_architecture(path), _own_architecture()
    if theirs is None or ours is None or theirs == ours:
        return
    if _BITS[theirs] != _BITS[ours]:
        raise ModuleArchitecture(
            f"{path} is a {_BITS[theirs]}-bit driver and this program has {_BITS[ours]} bits: install the vendor's "
            f"{_BITS[ours]}-bit driver"
        )
    raise ModuleArchitecture(f"{path} is a driver for {theirs} and this computer is {ours}: install the right one")


def _own_architecture() -> str | None:
    """Of this process: Python of 32 bits may run on a machine of 64."""
    machine = _OURS.get(platform.machine().lower())
    if machine in ("x86-64", "arm64") and struct.calcsize("P") == 4:
        return "x86" if machine == "x86-64" else "arm"
    return machine
