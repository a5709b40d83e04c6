"""From an order to the word REVOKED at a border, and what becomes of drafts that are lost, old or mixed up."""

import datetime as dt
from pathlib import Path

import pytest
from sqlalchemy import select

from api.audit import read_log
from api.revocation.drafting import count_open, find_news, make_draft, note_published, read_revoked
from api.store.schema import passports
from api.store.transactions import writing
from certificates.checking import check_text
from certificates.errors import CheckError, CheckReason
from certificates.revocation.building import build_index
from certificates.revocation.drafts import RevocationDraft, read_draft, write_draft
from certificates.revocation.hashes import HashType, country_uci_hash, uci_hash
from certificates.revocation.index import RevocationIndex
from certificates.revocation.publishing import Publication
from certificates.trust import TrustStore
from tests.support.centre import World
from tests.support.codes import AT
from tests.support.databases import NewAddress
from tests.support.revocation import Mirror, issue
from tests.support.revoking import codes, entries, order, take_back, world_with_passports

pytestmark = pytest.mark.both_databases

UCI = HashType.UCI


@pytest.fixture(params=["two-tier", "station"])
def issued(request: pytest.FixtureRequest, tmp_path: Path, new_address: NewAddress) -> World:
    return world_with_passports(tmp_path, request.param, address=new_address(tmp_path))


@pytest.fixture
def station(tmp_path: Path, new_address: NewAddress) -> World:
    return world_with_passports(tmp_path, "station", address=new_address(tmp_path))


def draft(world: World) -> RevocationDraft:
    made = make_draft(world.engine, by="an", at=world.clock())
    assert read_draft(write_draft(made)) == made
    return made


class Lists:
    """The lists that the officer signs from drafts, and the centre notes when they are published."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.publications: list[Publication] = []

    def publish(self, made: RevocationDraft) -> tuple[RevocationIndex, int]:
        """The next list with what the draft says; and of how many entries that is news."""
        self.publications.append(
            issue(
                self.publications[-1].revocation_list if self.publications else None,
                made.added_hashes,
                made.removed_hashes,
                at=made.made_at,
                lasting=made.entries_expire_at - made.made_at,
            )
        )
        last = self.publications[-1].revocation_list
        index = build_index(last, Mirror(*self.publications).read(last))
        at = self._world.clock()
        news = find_news(self._world.engine, index, at=at)
        with writing(self._world.engine) as connection:
            return index, note_published(connection, news, version=index.version, by="an", at=at)


def test_from_an_order_to_the_border(issued: World) -> None:
    """Both algorithms: TYT-1 signs ES256, TYT-2 PS256; in two-tier the ministry signed all."""
    trust = TrustStore.of([key.certificate_der for key in issued.keys.values()])
    issued.clock.now = AT  # when the list signer is valid
    lists = Lists(issued)

    def verdicts(index: RevocationIndex) -> list[str]:
        with issued.engine.connect() as connection:
            texts = connection.execute(select(passports.c.hc1).order_by(passports.c.record_id)).scalars().all()
        said = []
        for text in texts:
            try:
                check_text(text, trust, issued.clock(), revocation=index)
                said.append("valid")
            except CheckError as error:
                said.append(error.reason.value)
        return said

    order(issued, unit="TYT-1")
    assert verdicts(lists.publish(draft(issued))[0]) == ["REVOKED", "REVOKED", "valid"]
    done = order(issued, unit="TYT-2")
    assert verdicts(lists.publish(draft(issued))[0]) == [CheckReason.REVOKED.value] * 3
    take_back(issued, done)
    assert verdicts(lists.publish(draft(issued))[0]) == ["REVOKED", "REVOKED", "valid"]
    assert [len(one.chunks) for one in lists.publications] == [1, 1, 1]
    assert count_open(issued.engine, at=issued.clock()) == {"published": 2, "to_add": 0, "to_remove": 0, "undoable": 0}


def test_large_orders_come_in_drafts_of_a_size(station: World) -> None:
    station.clock.now = AT
    order(station, unit="TYT-1")
    done = order(station, unit="TYT-2")
    lists, made = Lists(station), []
    for size in (2, 2, 2):
        made.append(make_draft(station.engine, by="an", at=station.clock(), limit=size))
        lists.publish(made[-1])
    assert [one.count for one in made] == [(2, 0), (1, 0), (0, 0)]
    take_back(station, done)
    again = order(station, codes=codes(station, "TYT-2"))
    take_back(station, again)
    assert make_draft(station.engine, by="an", at=station.clock(), limit=1).count == (0, 1)


def test_what_a_draft_leaves_out_was_in_no_draft(station: World) -> None:
    done = order(station, unit="TYT-1")
    assert make_draft(station.engine, by="an", at=station.clock(), limit=1).count == (1, 0)
    take_back(station, done)
    assert draft(station).count == (0, 1)  # only what may be on its way to a list has to be taken off it


def test_what_was_taken_back_while_a_list_was_published_is_left_to_the_next(station: World) -> None:
    station.clock.now = AT
    done = order(station, unit="TYT-1")
    order(station, unit="TYT-2")
    made = draft(station)
    publication = issue(None, made.added_hashes, {}, at=AT, lasting=made.entries_expire_at - AT)
    index = build_index(publication.revocation_list, Mirror(publication).read(publication.revocation_list))
    news = find_news(station.engine, index, at=AT)
    assert len(news) == 3
    take_back(station, done)
    with writing(station.engine) as connection:
        assert note_published(connection, news, version=index.version, by="an", at=AT) == 1
    assert count_open(station.engine, at=AT) == {"published": 1, "to_add": 0, "to_remove": 2, "undoable": 0}


def test_a_draft(issued: World) -> None:
    order(issued, unit="TYT-1")
    made = draft(issued)
    signer = issued.keys["BYT" if issued.centre.settings.mode == "two-tier" else "TYT-1"].certificate
    assert made.added_hashes == {(signer.kid, UCI): tuple(sorted(map(uci_hash, codes(issued, "TYT-1"))))}
    assert made.removed == ()
    assert made.count == (2, 0)
    assert made.entries_expire_at == dt.datetime(2023, 3, 1, 2, tzinfo=dt.UTC)
    text = write_draft(made).decode()
    assert not [code for code in codes(issued) if code in text or code[-14:] in text]
    (act,) = read_log(issued.engine, limit=1)
    assert (act.act, act.subject, act.reason) == ("draft-revocations", made.draft_id, "2, 0")


@pytest.fixture
def lists(station: World) -> Lists:
    station.clock.now = AT  # when the list signer is valid
    return Lists(station)


def test_a_lost_draft_loses_nothing(station: World, lists: Lists) -> None:
    order(station, unit="TYT-1")
    first = draft(station)
    order(station, unit="TYT-2")
    second = draft(station)
    assert second.count == (3, 0)
    assert lists.publish(first)[1] == 2
    assert draft(station).count == (1, 0)
    assert lists.publish(second)[1] == 1
    assert lists.publish(second)[1] == 0
    assert draft(station).count == (0, 0)
    assert {one.version for one in entries(station)} == {1, 2}
    (act,) = read_log(station.engine, limit=1)
    assert act.act == "draft-revocations"


def test_taken_back_before_and_after_publication(station: World, lists: Lists) -> None:
    first = order(station, unit="TYT-1")
    handed_out = draft(station)  # and perhaps signed by now
    take_back(station, first)
    back = draft(station)
    assert back.count == (0, 2)
    assert back.removed_hashes == handed_out.added_hashes
    lists.publish(handed_out)
    assert draft(station).count == (0, 2)
    assert lists.publish(back)[1] == 2
    assert draft(station).count == (0, 0)
    lists.publish(handed_out)  # the old draft after all
    assert draft(station).count == (0, 2)
    assert order(station, unit="TYT-1").passports == 2
    assert draft(station).count == (0, 0)  # the list says so already
    assert {one.wanted for one in entries(station)} == {"revoked"}


def test_what_never_came_onto_a_list_is_taken_off_once(station: World, lists: Lists) -> None:
    first = order(station, unit="TYT-1")
    handed_out = draft(station)
    take_back(station, first)
    lists.publish(draft(station))
    assert draft(station).count == (0, 0)
    lists.publish(handed_out)  # signed after all
    lists.publish(draft(station))
    assert count_open(station.engine, at=station.clock()) == {
        "published": 0,
        "to_add": 0,
        "to_remove": 0,
        "undoable": 0,
    }


def test_what_has_expired_is_left_out(station: World) -> None:
    order(station, unit="TYT-1")
    station.clock.forward(days=366)
    assert draft(station).count == (0, 0)
    assert draft(station).entries_expire_at == station.clock()


def test_every_key_that_was_asked_to_sign_is_named(station: World) -> None:
    """A record whose lease lapsed at one token and came to another: the first may have signed as well."""
    from api.signing.enrolment import enrol_token
    from tests.support.softkeys import make_key

    spare = make_key("ES256", common_name="SPECIMEN spare")
    enrol_token(
        station.engine,
        "TYT-1",
        spare.certificate_der,
        settings=station.centre.settings,
        by="test",
        at=station.clock(),
    )
    (record_id,) = station.add_records(1)
    station.agent("TYT-1").lease()
    station.clock.forward(hours=3)
    keys = [station.keys["TYT-1"].certificate.kid, spare.certificate.kid]
    station.keys["TYT-1"] = spare
    station.agent("TYT-1").work()
    order(station, records=(record_id,))
    assert {one.scope for one in entries(station)} == set(keys)


def test_what_other_countries_get(station: World, lists: Lists) -> None:
    order(station, unit="TYT-1")
    lists.publish(draft(station))
    (group,) = read_revoked(station.engine, HashType.COUNTRYCODEUCI, at=station.clock())
    assert group.hash_type is HashType.COUNTRYCODEUCI
    assert group.hashes == tuple(sorted(country_uci_hash("VN", code) for code in codes(station, "TYT-1")))
    (plain,) = read_revoked(station.engine, UCI, at=station.clock())
    assert plain.hashes == tuple(sorted(map(uci_hash, codes(station, "TYT-1"))))
