"""The matrix of routes and roles, made from the service itself.

``python -m tests.support.matrix`` writes the page docs/routes.md; a test holds it against the service.
"""

import tempfile
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI

from api.accounts.staff import ROLES
from api.app import access_of
from tests.support.centre import make_world
from tests.support.examples import EXAMPLES

PAGE: Final = Path(__file__).parents[2] / "docs" / "routes.md"
_HEAD: Final = """# Who may call which route

Made by `python -m tests.support.matrix` from the service itself. A test holds it against the service, and calls every
route of the staff as every role, at the person's own unit and at another one. A route that names nobody who may call
it keeps the service from starting.

- **anybody**: without a log-in; limited by network.
- **token**: an agent with an enrolled token; it works for its token's unit, and for those whose work that inherited.
- **platform**: a machine with a key of `vaxseal admin platform-key`; for the key's part of the tree.
- **app**: a citizen app with a key of `vaxseal admin app-key`; it learns nothing of anybody.
- **citizen**: the same with the session of a person who proved it; that person's records, and those that it stands for.
- **a role**: people whose account has it. "yes": everywhere in the account's part of the tree of units, and nowhere
  else. "own": the answer is about the caller alone, or about the caller's part of the tree.

"""


def name_of(route: Any) -> str:
    """ "POST /v1/staff/login": method and path; of what FastAPI adds by itself, GET."""
    methods = set(getattr(route, "methods", None) or {"GET"}) - {"OPTIONS"}
    return f"{min(methods)} {route.path}"


def page_of(app: FastAPI) -> str:
    """docs/routes.md."""
    columns = ("anybody", "token", "platform", "app", "citizen", *ROLES)
    lines = [f"| route | {' | '.join(columns)} |", f"| --- |{' --- |' * len(columns)}"]
    for route in sorted(app.routes, key=lambda one: name_of(one).split()[::-1]):
        name, access = name_of(route), access_of(route)
        kind = "citizen" if access == "citizen-page" else access
        cells = ["yes" if kind == one else "" for one in ("public", "token", "platform", "app", "citizen")]
        allowed = access if isinstance(access, frozenset) else frozenset()
        word = "yes" if name in EXAMPLES and EXAMPLES[name].placed else "own"
        cells += [word if role in allowed else "" for role in ROLES]
        lines.append(f"| `{name}` | {' | '.join(cells)} |")
    return _HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        world = make_world(Path(folder))
        app = world.client.app
        assert isinstance(app, FastAPI)
        PAGE.write_text(page_of(app), "utf-8")
        world.engine.dispose()
