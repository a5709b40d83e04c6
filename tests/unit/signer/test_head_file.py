from pathlib import Path

import pytest

from certificates.act_chain import LogHead
from certificates.log_heads import give_head
from signer import head_file
from signer.errors import AgentError
from signer.head_file import NAME, HeadFile, read_heads
from tests.support.scripted import CENTRE, HEAD, ScriptedCentre, agent_of, jobs_of, sign_all
from tests.support.signing import NOW


def rows(file: HeadFile) -> list[int]:
    return [one.given.head.sequence for one in file.read()]


def keep(file: HeadFile, *sequences: int, centre: str = CENTRE) -> None:
    for sequence in sequences:
        file.keep(give_head(b"x", LogHead(sequence=sequence, hash=bytes(32))), centre)


def test_an_agent_keeps_what_comes_with_every_answer(tmp_path: Path) -> None:
    centre = ScriptedCentre(jobs_of(2))
    agent = agent_of(centre, heads=HeadFile(tmp_path, lambda: NOW))
    sign_all(agent)
    seen = HeadFile(tmp_path).read()
    assert [one.given for one in seen] == [HEAD] * 3  # log-in, lease, receipt
    assert {(one.centre, one.seen_at) for one in seen} == {(CENTRE, NOW)}


def test_an_answer_without_a_head_is_none_of_our_centre(tmp_path: Path) -> None:
    class Silent(ScriptedCentre):
        def do_lease(self, body: dict[str, object]) -> object:
            answer = super().do_lease(body)
            del answer["log"]
            return answer

    agent = agent_of(Silent(jobs_of(1)), heads=HeadFile(tmp_path))
    with pytest.raises(AgentError, match="centre-answer"):
        agent.next_batch(10)


def test_one_file_holds_the_heads_of_several_centres(tmp_path: Path) -> None:
    file = HeadFile(tmp_path / "new")
    assert file.read() == ()
    keep(file, 1, 2)
    keep(file, 9, centre="https://other.example.vn")
    assert [one.given.head.sequence for one in file.read(CENTRE)] == [1, 2]


def test_what_a_power_cut_tore_is_dropped_by_the_next(tmp_path: Path) -> None:
    file = HeadFile(tmp_path)
    (tmp_path / NAME).write_bytes(b"2022-03-01T0")
    keep(file, 1)
    with (tmp_path / NAME).open("ab") as raw:
        raw.write(b"2022-03-01T02:00:00Z 2")
    assert rows(file) == [1]
    keep(file, 3)
    assert rows(file) == [1, 3]


def test_of_too_many_the_newest_stay_all_and_the_others_by_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(head_file, "MOST", 16)
    monkeypatch.setattr(head_file, "NEWEST", 4)
    file = HeadFile(tmp_path)
    keep(file, *range(1001, 1018))
    assert rows(file) == [1001, 1003, 1005, 1007, 1009, 1011, 1013, 1014, 1015, 1016, 1017]


def test_files_that_cannot_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / NAME).write_bytes(b"\xff\n")
    with pytest.raises(AgentError, match="witness-form"):
        HeadFile(tmp_path).read()
    monkeypatch.setattr(head_file, "_LARGEST", 1)
    with pytest.raises(AgentError, match=r"witness-form: .* too long"):
        read_heads(tmp_path / NAME)
    with pytest.raises(AgentError, match="file-not-read"):
        read_heads(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(AgentError, match="journal-write"):
        keep(HeadFile(tmp_path / "file"), 1)
