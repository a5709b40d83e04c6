"""Police of a commune stand beside its station, and answer for its persons; nobody else does from there."""

from datetime import date

import pytest
from sqlalchemy import Connection

from api.accounts.administration import add_account, set_roles
from api.accounts.staff import Role, Staff, refuse_place
from api.errors import CentreError
from api.signing.enrolment import add_unit, close_unit
from tests.support.centre import START, World


def reaches(connection: Connection, unit: str, to: str, role: Role = "police") -> bool:
    try:
        refuse_place(connection, Staff(account="a", unit=unit, roles=frozenset({role})), to)
    except CentreError:
        return False
    return True


@pytest.fixture
def tree(world: World) -> World:
    """Two communes; the police of the first were closed, those of the second do their work."""
    for code, kind, parent in (
        ("XA-1", "committee", None),
        ("XA-2", "committee", None),
        ("TRAM-1", "station", "XA-1"),
        ("TRAM-2", "station", "XA-2"),
        ("DIEM-2", "mobile", "TRAM-2"),
        ("CA-1", "police", "XA-1"),
        ("CA-2", "police", "XA-2"),
    ):
        add_unit(
            world.engine,
            code=code,
            name=code,
            kind=kind,
            parent=parent,
            province="01",
            opened_on=date(2020, 1, 1),
            by="test",
            at=START,
        )
    return world


def test_what_police_answer_for(tree: World) -> None:
    with tree.engine.connect() as connection:
        assert reaches(connection, "CA-2", "TRAM-2")
        assert reaches(connection, "CA-2", "DIEM-2")
        assert not reaches(connection, "CA-2", "TRAM-1")
        assert not reaches(connection, "TRAM-1", "TRAM-2")  # the role alone opens nothing
        assert not reaches(connection, "CA-2", "TRAM-2", "clerk")  # nor does the unit
        assert not reaches(connection, "CA-2", "TRAM-2", "overseer")


def test_who_follows_closed_police_answers_for_both_communes(tree: World) -> None:
    close_unit(tree.engine, code="CA-1", successor="CA-2", closed_on=date(2022, 1, 1), by="test", at=START)
    with tree.engine.connect() as connection:
        for police in ("CA-1", "CA-2"):  # an account of the closed one may not have been moved yet
            for station in ("TRAM-1", "TRAM-2"):
                assert reaches(connection, police, station)


def test_one_account_is_never_of_health_and_of_police(tree: World) -> None:
    for roles in (("police", "clerk"), ("police", "signer", "overseer")):
        with pytest.raises(CentreError, match="account-roles"):
            add_account(tree.centre, account="minh", unit="CA-2", roles=roles, by="op")
    add_account(tree.centre, account="minh", unit="CA-2", roles=("police", "overseer"), by="op")
    with pytest.raises(CentreError, match="account-roles"):
        set_roles(tree.centre, account="minh", roles=("police", "clerk"), by="op")
