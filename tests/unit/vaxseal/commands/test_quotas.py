"""`vaxseal admin quota` and `alarms`, as typed."""

from pathlib import Path

import pytest
from sqlalchemy import insert

from api.server import open_store
from api.store.schema_quotas import alarms
from tests.unit.vaxseal.commands.test_admin import answer, data, run

__all__ = ["data"]  # a fixture


def test_a_quota_is_set_shown_and_given_back(data: Path) -> None:
    shown = {"unit": "BYT", "daily": 2_000_000, "per_signer": 2_000_000, "own": False, "taken_today": 0}
    assert answer(data, "admin", "quota", "BYT") == shown
    changed = answer(data, "admin", "quota", "BYT", "--daily", "7", "--reason", "peak")
    assert changed == shown | {"daily": 7, "own": True}
    assert "7 records a day" in run(data, "admin", "quota", "BYT").stdout
    assert answer(data, "admin", "quota", "BYT", "--default", "--reason", "over") == shown


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("BYT", "--daily", "7"), "reason-missing"),
        (("BYT", "--daily", "7", "--default", "--reason", "x"), "quota-form"),
        (("BYT", "--daily", "99999999", "--reason", "x"), "quota-form"),
        (("A-9",), "unit-unknown"),
    ],
)
def test_what_is_not_set(data: Path, arguments: tuple[str, ...], code: str) -> None:
    assert answer(data, "admin", "quota", *arguments)["error"] == code
    assert run(data, "admin", "quota", *arguments).exit_code == 2


def test_alarms_are_a_no(data: Path) -> None:
    assert answer(data, "admin", "alarms") == []
    assert run(data, "admin", "alarms").exit_code == 0
    raised = {"day": "2022-03-01", "unit": "BYT", "kind": "signer-quota-share", "account": "lan"}
    numbers = {"records": 8, "quota": 10, "raised_at": "2022-03-01T02:00:00Z"}
    with open_store(data).begin() as connection:
        connection.execute(insert(alarms).values(**raised, **numbers))
    assert answer(data, "admin", "alarms") == []
    listed = run(data, "admin", "alarms", "--since", "2022-03-01")
    assert (listed.exit_code, "lan@BYT  signer-quota-share  8 of 10" in listed.stdout) == (1, True)
    assert answer(data, "admin", "alarms", "--since", "2022-03-01", "--unit", "BYT") == [raised | numbers]
    assert answer(data, "admin", "alarms", "--since", "yesterday")["error"] == "date-form"
