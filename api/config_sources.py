"""Where settings come from: the command line, the environment, a TOML file, the defaults; in this order.

A file has the settings' names in small letters, one a line and no tables:

    data = "/var/lib/vaxseal"
    centre_url = "https://vaxseal.example.vn"
"""

import difflib
import os
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

from api.errors import CentreError

PREFIX: Final = "VAXSEAL_"
CONFIG: Final = "VAXSEAL_CONFIG"  # names the file
_LARGEST: Final = 1024 * 1024  # bytes


def find_file(given: Path | None) -> Path | None:
    """The file that the command line or the environment names."""
    named = os.environ.get(CONFIG)
    return given or (Path(named) if named else None)


def read_file(path: Path, known: Collection[str]) -> dict[str, Any]:
    """What a file says. Raises CentreError ``settings``; it names keys, never values."""
    try:
        with path.open("rb") as file:
            said = tomllib.loads(file.read(_LARGEST).decode())
    except OSError as error:
        raise CentreError("settings", f"{path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise CentreError("settings", f"{path} is no TOML: {_place(path)}") from None
    _refuse_strange(said, known, f"{path}: ")
    for name, value in said.items():
        if isinstance(value, (dict, list)):
            raise CentreError("settings", f"{path}: {name} is no single value")
    return said


def read_environment(known: Collection[str], others: Collection[str]) -> dict[str, str]:
    """What the environment says; names in small letters. Raises CentreError ``settings``."""
    ours = [name for name in os.environ if name.startswith(PREFIX) and name not in others]
    names = {PREFIX + name.upper() for name in known}
    _refuse_strange(ours, names | set(others), "")
    return {name.removeprefix(PREFIX).lower(): os.environ[name] for name in ours}


def origins(
    names: Collection[str], given: Mapping[str, Any], environment: Mapping[str, Any], file: Mapping[str, Any]
) -> dict[str, str]:
    """For each setting where its value comes from, in words."""
    return {
        name: "environment"
        if name in environment and str(given.get(name, environment[name])) == environment[name]
        else "command line"
        if name in given
        else "file"
        if name in file
        else "default"
        for name in names
    }


def _refuse_strange(said: Collection[str], known: Collection[str], where: str) -> None:
    strange = sorted(name for name in said if name not in known)
    if strange:
        told = []
        for name in strange:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
            told.append(f"{name} (do you mean {near[0]}?)" if near else name)
        raise CentreError("settings", f"{where}unknown settings: {', '.join(told)}")


def _place(path: Path) -> str:
    """Where it breaks, without what stands there: a secret perhaps."""
    try:
        tomllib.loads(path.read_text(encoding="utf-8", errors="replace"))
    except tomllib.TOMLDecodeError as error:
        line = str(error).rpartition("(")[2].rstrip(")")
        return line or "somewhere"
    return "it is not in UTF-8"
