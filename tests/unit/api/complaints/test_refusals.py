"""The closed lists, in both languages."""

import pytest

from api.complaints.events import EVENTS, Event
from api.complaints.kinds import KINDS, STATES, ComplaintKind, ComplaintState, number_of
from api.complaints.refusals import REFUSALS, Refusal, check_refusal
from api.errors import CentreError
from api.stations.sentences import Sentence


def test_seven_kinds_and_thirteen_reasons() -> None:
    assert [number_of(kind) for kind in ComplaintKind] == [1, 2, 3, 4, 5, 6, 7]
    assert len(Refusal) == 13 + 1  # one of ours, for conduct
    assert (set(KINDS), set(STATES), set(REFUSALS), set(EVENTS)) == (
        set(ComplaintKind),
        set(ComplaintState),
        set(Refusal),
        set(Event),
    )


def test_every_sentence_stands_in_both_languages() -> None:
    said: list[Sentence] = [*KINDS.values(), *STATES.values(), *EVENTS.values()]
    for reason in REFUSALS.values():
        said += [reason.why, reason.remedy]
        assert reason.remedy.vi != reason.why.vi
    for sentence in said:
        assert sentence.vi.endswith(".")
        assert sentence.en.endswith(".")
        assert any(ord(letter) > 0x7F for letter in sentence.vi), sentence.vi  # with its diacritics


def test_conduct_is_not_refused_for_a_photo() -> None:
    for kind in ComplaintKind:
        for refusal in Refusal:
            if (kind is ComplaintKind.CONDUCT) == (refusal is Refusal.CONDUCT_NOT_SHOWN):
                check_refusal(kind, refusal)
            else:
                with pytest.raises(CentreError, match="complaint-reason"):
                    check_refusal(kind, refusal)
