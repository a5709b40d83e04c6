"""The modules that p11-kit's configuration names (pkcs11.conf(5)): how Linux systems say which tokens they have."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

# The user's come first, then the administrator's, then the packages'.
_FOLDERS: Final = ("~/.config/pkcs11/modules", "/etc/pkcs11/modules", "/usr/share/p11-kit/modules")
_MODULE_FOLDERS: Final = (
    "/usr/lib/x86_64-linux-gnu/pkcs11",
    "/usr/lib/aarch64-linux-gnu/pkcs11",
    "/usr/lib64/pkcs11",
    "/usr/lib/pkcs11",
)
_PROXIES: Final = (
    "/usr/lib/x86_64-linux-gnu/p11-kit-proxy.so",
    "/usr/lib/aarch64-linux-gnu/p11-kit-proxy.so",
    "/usr/lib64/p11-kit-proxy.so",
    "/usr/lib/p11-kit-proxy.so",
)
# What they hold is no key of a unit: trusted CAs, another machine's tokens, a recorder of PINs.
_PASSED_OVER: Final = ("p11-kit-trust", "p11-kit-client", "pkcs11-spy")


def configured_modules() -> Iterator[tuple[str, Path]]:
    """Name and file of each module that is configured and there.

    A module that takes arguments (NSS) or runs elsewhere loads through p11-kit's proxy only: then the proxy is named.
    """
    behind_proxy = False
    seen: set[str] = set()
    for folder in _FOLDERS:
        for file in sorted(Path(folder).expanduser().glob("*.module")):
            if file.name in seen:
                continue
            seen.add(file.name)
            settings = _settings(file)
            module = settings.get("module", "")
            if settings.get("trust-policy") == "yes" or Path(module).stem in _PASSED_OVER:
                continue
            if "x-init-reserved" in settings or "remote" in settings:
                behind_proxy = True
            elif (place := _place(module)) is not None:
                yield file.stem, place
    proxy = next((Path(place) for place in _PROXIES if Path(place).is_file()), None)
    if behind_proxy and proxy is not None:
        yield "p11-kit", proxy


def _settings(file: Path) -> dict[str, str]:
    """``key: value`` a line; ``#`` begins a comment. A file that cannot be read has none."""
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    parts = (line.partition(":") for line in lines if not line.lstrip().startswith("#"))
    return {key.strip(): value.strip() for key, colon, value in parts if colon}


def _place(module: str) -> Path | None:
    if not module:
        return None
    places = [Path(module)] if Path(module).is_absolute() else [Path(folder) / module for folder in _MODULE_FOLDERS]
    return next((place for place in places if place.is_file()), None)
