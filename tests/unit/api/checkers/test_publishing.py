"""Publishing: verified, never back, and finished by the next call whatever stopped the one before."""

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from api.audit import read_log, verify_log
from api.checkers import publishing
from api.checkers.publishing import publish
from api.context import Centre
from api.errors import CentreError
from api.revocation.drafting import count_open, make_draft
from api.store.schema import published_bundles, published_signers
from certificates.bundle_folder import MANIFEST, PARTS
from certificates.bundle_signing import Changes
from certificates.errors import CertificateError
from certificates.trust_entries import TrustEntry
from tests.support.bundles import bundle_of, opened
from tests.support.centre import World
from tests.support.codes import AT
from tests.support.revoking import codes, order, take_back
from tests.support.softkeys import soft_key
from tests.support.trust_lists import ENTRY, WEEK, make_root

pytestmark = pytest.mark.both_databases

OTHER = TrustEntry.of(soft_key("PS256").certificate_der, kinds=frozenset("v"))


def signers(world: World) -> dict[bytes, Any]:
    with world.engine.connect() as connection:
        return {row.fingerprint: row for row in connection.execute(select(published_signers))}


def versions(world: World) -> list[int]:
    with world.engine.connect() as connection:
        return list(connection.execute(select(published_bundles.c.version)).scalars())


def refused(centre: Centre, folder: Path) -> str:
    with pytest.raises((CentreError, CertificateError)) as caught:
        publish(centre, folder, by="officer")
    assert isinstance(caught.value, (CentreError, CertificateError))
    return caught.value.code


def test_a_bundle_is_served_and_known(centre: World) -> None:
    published = centre.publish(ENTRY, OTHER)
    assert (published.version, published.signers, published.fresh) == (1, 2, True)
    assert opened(centre.centre.settings.lists).version == 1
    row = signers(centre)[OTHER.certificate.fingerprint]
    assert (row.country, row.usage, row.version, row.kid) == ("VN", "v", 1, OTHER.certificate.kid)
    assert row.first_published_at == "2022-06-01T00:00:00Z"
    (act,) = [act for act in read_log(centre.engine, limit=9) if act.act == "publish-lists"]
    assert (act.actor, act.act, act.subject) == ("officer", "publish-lists", "bundle-1")
    assert act.reason == published.sha256.hex()
    verify_log(centre.engine)


def test_the_same_again_changes_nothing(centre: World) -> None:
    first = centre.publish()
    again = publish(centre.centre, centre.centre.settings.data / "signed", by="officer")
    assert again == replace(first, fresh=False)
    assert [act.act for act in read_log(centre.engine, limit=99)].count("publish-lists") == 1


def test_since_when_a_signer_is_known(centre: World) -> None:
    centre.publish(ENTRY, OTHER)
    centre.clock.forward(hours=1)
    centre.publish(ENTRY)  # the other is withdrawn
    assert signers(centre)[OTHER.certificate.fingerprint].version == 1
    centre.clock.forward(hours=1)
    centre.publish(ENTRY, OTHER)
    found = signers(centre)
    assert found[ENTRY.certificate.fingerprint].first_published_at == "2022-06-01T00:00:00Z"
    assert found[OTHER.certificate.fingerprint].first_published_at == "2022-06-01T02:00:00Z"
    assert {row.version for row in found.values()} == {3}
    assert versions(centre) == [1, 2, 3]


def test_an_older_bundle_is_refused(centre: World, tmp_path: Path) -> None:
    centre.publish()
    old = tmp_path / "old"
    shutil.copytree(centre.centre.settings.data / "signed", old)
    centre.publish()
    assert refused(centre.centre, old) == "list-rollback"
    assert opened(centre.centre.settings.lists).version == 2


def test_another_bundle_of_the_same_version_is_refused(centre: World, tmp_path: Path) -> None:
    centre.publish(ENTRY)
    bundle_of(tmp_path / "other", OTHER)
    assert refused(centre.centre, tmp_path / "other") == "lists-differ"
    assert [entry.certificate for entry in opened(centre.centre.settings.lists).entries] == [ENTRY.certificate]


def test_what_no_checker_would_take_is_refused(centre: World, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert refused(centre.centre, tmp_path / "empty") == "list-missing"
    folder = tmp_path / "signed"
    bundle_of(folder)
    part = next((folder / PARTS).iterdir())
    data = part.read_bytes()
    part.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert refused(centre.centre, folder) == "list-differs"
    part.unlink()
    assert refused(centre.centre, folder) == "list-missing"
    part.write_bytes(data)
    centre.clock.forward(days=7, seconds=1)
    assert refused(centre.centre, folder) == "list-expired"
    centre.clock.now = AT - timedelta(seconds=1)
    assert refused(centre.centre, folder) == "list-future"
    assert versions(centre) == []
    assert not centre.centre.settings.lists.exists()


def test_only_below_the_pinned_root(centre: World, tmp_path: Path) -> None:
    root = make_root()
    settings = centre.centre.settings
    stranger = replace(centre.centre, settings=settings.model_copy(update={"list_roots": tmp_path / "stranger.der"}))
    (tmp_path / "stranger.der").write_bytes(root.certificate_der)
    bundle_of(tmp_path / "signed")
    assert refused(stranger, tmp_path / "signed") == "list-chain"


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_without_a_root_nothing_is_published(centre: World, tmp_path: Path, content: bytes | None) -> None:
    bundle_of(tmp_path / "signed")
    path = None if content is None else tmp_path / "root.pem"
    if path is not None and content:
        path.write_bytes(content)
    settings = centre.centre.settings.model_copy(update={"list_roots": path})
    assert refused(replace(centre.centre, settings=settings), tmp_path / "signed") == "lists-roots"


def test_what_a_crash_left_is_finished_and_never_taken_back(
    centre: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The manifest is out and the database does not know: checkers may have it already."""
    centre.publish(ENTRY)
    one, two, other = (tmp_path / name for name in ("one", "two", "other"))
    signed = centre.centre.settings.data / "signed"
    shutil.copytree(signed, one)
    shutil.copytree(signed, other)
    shutil.copytree(signed, two)
    bundle_of(two, OTHER)
    bundle_of(other, ENTRY, at=AT + timedelta(seconds=1))
    centre.clock.forward(seconds=1)
    with monkeypatch.context() as patched:

        def die(*_: object, **__: object) -> None:
            raise SystemExit

        patched.setattr(publishing, "_store", die)
        with pytest.raises(SystemExit):
            publish(centre.centre, two, by="officer")
    assert opened(centre.centre.settings.lists, at=AT + WEEK).version == 2
    assert versions(centre) == [1]
    assert refused(centre.centre, one) == "list-rollback"
    assert refused(centre.centre, other) == "lists-differ"
    assert publish(centre.centre, two, by="officer").fresh
    assert versions(centre) == [1, 2]
    assert set(signers(centre)) == {ENTRY.certificate.fingerprint, OTHER.certificate.fingerprint}


def test_a_lost_file_is_brought_back(centre: World) -> None:
    centre.publish()
    settings = centre.centre.settings
    for file in (settings.lists / MANIFEST, *(settings.lists / PARTS).iterdir()):
        file.unlink()
        assert not publish(centre.centre, settings.data / "signed", by="officer").fresh
        assert opened(settings.lists).version == 1


def test_what_was_revoked_is_ticked_off_when_a_list_says_so(centre: World) -> None:
    """Whichever drafts it went out in, and also where the list says only some of it."""
    centre.publish()
    centre.add_records(3)
    centre.agent("TYT-1").work()
    one, other = codes(centre)[:2]
    order(centre, codes=(one,))
    made = make_draft(centre.engine, by="an", at=centre.clock())
    done = order(centre, codes=(other,))  # after the draft
    ends = made.entries_expire_at
    published = centre.publish(changes=Changes(added=made.added_hashes, entries_expire_at=ends))
    assert published.ticked_off == 1
    assert count_open(centre.engine, at=centre.clock()) == {"published": 1, "to_add": 1, "to_remove": 0, "undoable": 0}
    made = make_draft(centre.engine, by="an", at=centre.clock())
    assert centre.publish(changes=Changes(added=made.added_hashes, entries_expire_at=ends)).ticked_off == 1
    assert done.order_id is not None
    take_back(centre, done)
    made = make_draft(centre.engine, by="an", at=centre.clock())
    assert centre.publish(changes=Changes()).ticked_off == 0
    assert centre.publish(changes=Changes(removed=made.removed_hashes)).ticked_off == 1
    assert count_open(centre.engine, at=centre.clock()) == {"published": 1, "to_add": 0, "to_remove": 0, "undoable": 0}


def test_only_what_changed_is_new(centre: World) -> None:
    centre.publish()
    before = set((centre.centre.settings.lists / PARTS).iterdir())
    centre.clock.forward(days=1)
    centre.publish(changes=Changes())
    assert set((centre.centre.settings.lists / PARTS).iterdir()) == before
