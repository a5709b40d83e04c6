"""The example of the documents works against a real service, over HTTP."""

import runpy
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import select

from api.citizens.sending import send_codes
from api.store.schema import passports
from tests.support.browser import serving
from tests.support.centre import World
from tests.support.citizens import Post, add_app, add_citizen, id_number

EXAMPLE = Path(__file__).parents[4] / "docs" / "examples" / "citizen_app.py"


@pytest.fixture
def example() -> Any:
    module = ModuleType("citizen_app")
    sys.modules["citizen_app"] = module  # a dataclass looks its module up
    module.__dict__.update(runpy.run_path(str(EXAMPLE), run_name="citizen_app"))
    yield module
    del sys.modules["citizen_app"]


def test_the_example_fetches_a_certificate_once(make: Any, example: Any) -> None:
    world: World = make("station")
    add_citizen(world)
    world.agent("TYT-1").work()
    with serving(world.client.app) as url:
        app = example.CitizenApp(centre=url, key=add_app(world).key)
        ticket, words = app.ask_code(id_number=id_number(1))
        assert "8 số" in words
        with pytest.raises(example.RefusedError, match="Mã không đúng"):
            app.enter(ticket, "1")
        post = Post()
        send_codes(world.centre, {"sms": post})
        app.enter(ticket, post.sent[0][1][:9])
        (one,) = app.certificates()
        with world.engine.connect() as connection:
            stored = connection.execute(select(passports)).one()
        assert one["hc1"] == stored.hc1
        assert app.post("me/certificate.pdf") == stored.pdf
        kept = dict(app.seen)
        assert app.certificates() == [one]  # 304: from what was seen
        assert app.seen == kept
        assert app.record()["state"] == "issued"
        app.leave()
        with pytest.raises(example.RefusedError, match="Chưa xác nhận"):
            app.certificates()
