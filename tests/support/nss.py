"""NSS softokn as a token, through p11-kit: softokn loads only with arguments, which p11-kit hands to it.

`make_nss` and `use_nss` are for a process of its own (`tests.support.apart`): p11-kit reads its configuration once.
"""

import ctypes
from pathlib import Path
from typing import Final

import pkcs11
import pytest

_FOLDERS: Final = ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib")
LABEL: Final = "NSS Certificate DB"

_paths: list[bytes] = []  # p11-kit keeps pointers to them


def nss_modules() -> tuple[Path, Path]:
    """softokn and p11-kit's proxy, or the test is skipped."""
    for folder in map(Path, _FOLDERS):
        places = (folder / "libsoftokn3.so", folder / "nss/libsoftokn3.so")
        softokn = next((found for found in places if found.is_file()), None)
        if softokn is not None and (folder / "p11-kit-proxy.so").is_file():
            return softokn, folder / "p11-kit-proxy.so"
    pytest.skip("NSS or p11-kit is not installed (apt-get install libnss3 libp11-kit0)")


def make_nss(folder: Path, softokn: Path, proxy: Path, pin: str) -> None:
    """`use_nss` of a new database, which gets a PIN."""
    use_nss(folder, softokn, proxy)
    token = pkcs11.lib(str(proxy)).get_token(token_label=LABEL)
    with token.open(rw=True, so_pin="") as session:
        session.init_pin(pin)


def use_nss(folder: Path, softokn: Path, proxy: Path, *, read_only: bool = False) -> None:
    """Let p11-kit's proxy show the NSS database in ``folder``, alone. ``read_only``: it refuses sessions that write."""
    modules, database = folder / "modules", folder / "db"
    for made in (modules, database):
        made.mkdir(parents=True, exist_ok=True)
    flags = "readOnly" if read_only else ""
    arguments = f"configdir='sql:{database}' certPrefix='' keyPrefix='' secmod='' flags={flags}"
    (modules / "nss.module").write_text(f"module: {softokn}\nx-init-reserved: {arguments}\n", encoding="ascii")
    system = folder / "pkcs11.conf"
    system.write_text("user-config: none\n", encoding="ascii")
    nowhere = folder / "nothing"
    _paths[:] = [str(path).encode() for path in (system, nowhere, modules, nowhere, nowhere)]
    # The hook of its own tests: else p11-kit reads what the machine's packages configure.
    ctypes.CDLL(str(proxy)).p11_kit_override_system_files(*_paths)
