"""From an order to a bundle and to the EU gateway, by the commands alone and real tokens; and what is noted then."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from api.store.schema import passports
from api.store.transactions import writing
from certificates.pki import fingerprint
from certificates.records.model import instant_to_text
from certificates.revocation.hashes import HashType, country_uci_hash, uci_hash
from certificates.revocation.uploads import open_batch
from tests.support.centre import World
from tests.support.ministry import Ministry, Token
from tests.support.revoking import codes, order, world_with_passports
from tests.support.softhsm import GoldenTokens
from vaxseal.console import now


class Desk:
    """The ministry, whose officer signs into ``public``, and a centre with passports that are valid today."""

    def __init__(self, folder: Path, tokens: GoldenTokens) -> None:
        self.ministry = Ministry(folder, tokens)
        self.world: World = world_with_passports(folder, "station")
        with writing(self.world.engine) as connection:
            ends = instant_to_text(now() + dt.timedelta(days=300))
            connection.execute(update(passports).values(expires_at=ends))
        self.signer: Token = self.ministry.list_signer("lists", self.ministry.found_root("root"))
        self.root = ("--root", self.ministry.path("root.pem"))
        self.data = ("--data", str(folder))
        self.bundle = ("--bundle", self.ministry.path("public"))
        dsc = self.ministry.write("dsc.pem", tokens.ec.certificate_der)
        draft = self.ministry.path("draft.json")
        self.ministry.done("lists", "build", dsc, "--csca", self.ministry.csca, "--out", draft)
        self.sign(draft)

    def sign(self, *drafts: str) -> Any:
        arguments = ("lists", "sign", *drafts, *self.root, *self.bundle, "--token", self.signer.serial)
        return self.ministry.done(*arguments, pins=(self.signer.pin,))

    def draft(self, name: str) -> str:
        path = self.ministry.path(name)
        self.ministry.done("lists", "revocations", "--out", path, *self.data)
        return path

    def publish(self) -> Any:
        return self.ministry.done("lists", "publish", self.ministry.path("public"), "--by", "an", *self.data)

    def waiting(self) -> Any:
        return self.ministry.done("admin", "revocations", *self.data)["entries"]


@pytest.fixture
def desk(golden_tokens: GoldenTokens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    desk = Desk(tmp_path, golden_tokens)
    monkeypatch.setenv("VAXSEAL_LIST_ROOTS", desk.ministry.path("root.pem"))
    return desk


def test_what_is_published_is_ticked_off(desk: Desk) -> None:
    done = order(desk.world, unit="TYT-1")
    assert done.order_id
    first = desk.draft("first.json")
    assert desk.publish()["revocations_ticked_off"] == 0  # a bundle from before the draft
    assert desk.waiting() == {"published": 0, "to_add": 2, "to_remove": 0, "undoable": 0}
    assert desk.sign(first)["revoked"] == 2
    out = desk.publish()
    assert (out["version"], out["signers"], out["revocations_ticked_off"], out["fresh"]) == (2, 1, 2, True)
    assert desk.publish() == out | {"revocations_ticked_off": 0, "fresh": False}
    assert desk.waiting() == {"published": 2, "to_add": 0, "to_remove": 0, "undoable": 0}
    desk.ministry.done("admin", "unrevoke", done.order_id, "--reason", "mistake", *desk.data)
    assert desk.waiting() == {"published": 0, "to_add": 0, "to_remove": 2, "undoable": 0}
    assert desk.sign(desk.draft("second.json"))["revoked"] == 0
    assert desk.publish()["revocations_ticked_off"] == 2
    assert desk.waiting() == {"published": 0, "to_add": 0, "to_remove": 0, "undoable": 0}


def test_a_bundle_of_strangers_is_not_published(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    publish = ("lists", "publish", desk.ministry.path("public"), *desk.data)
    monkeypatch.setenv("VAXSEAL_LIST_ROOTS", desk.ministry.csca)
    assert desk.ministry.refused(*publish) == "list-chain"
    monkeypatch.delenv("VAXSEAL_LIST_ROOTS")
    assert desk.ministry.refused(*publish) == "lists-roots"


def test_batches_for_the_gateway(desk: Desk, golden_tokens: GoldenTokens) -> None:
    order(desk.world, unit="TYT-1")
    draft, uploader = desk.draft("draft-1.json"), golden_tokens.rsa
    key = ("--token", uploader.serial)
    export = ("lists", "batches", "export")
    told = desk.ministry.done(*export, draft, "--out", desk.ministry.path("new"), *key, pins=(uploader.pin,))
    assert (told["batches"], told["entries"]) == (1, 2)
    kind = ("--type", "COUNTRYCODEUCI", "--out", desk.ministry.path("all"))
    assert desk.ministry.done(*export, *desk.data, *kind, *key, pins=(uploader.pin,))["entries"] == 2
    named = [fingerprint(uploader.certificate_der)]
    new, everything = (
        open_batch((Path(desk.ministry.path(name)) / "00001.cms").read_bytes(), (), named) for name in ("new", "all")
    )
    ours = codes(desk.world, "TYT-1")
    assert new.entries == tuple(sorted(map(uci_hash, ours)))
    assert everything.entries == tuple(sorted(country_uci_hash("VN", one) for one in ours))
    assert (new.country, everything.hash_type) == ("VN", HashType.COUNTRYCODEUCI)
    assert new.kid == desk.world.keys["TYT-1"].certificate.kid
