"""One good request for every route of the staff, a file for each area, found by itself. The matrix of routes and roles
calls them all."""

import importlib
import pkgutil
from typing import Final

from tests.support.examples.example import Example, Request

__all__ = ["EXAMPLES", "Example", "Request"]


def _found() -> dict[str, Example]:
    modules = (importlib.import_module(f"{__name__}.{one.name}") for one in pkgutil.iter_modules(__path__))
    return {name: example for module in modules for name, example in getattr(module, "EXAMPLES", {}).items()}


EXAMPLES: Final = _found()
