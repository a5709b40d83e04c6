"""Vietnamese told from letters that merely look odd."""

import pytest

from api.intake.syllables import is_syllable, score


@pytest.mark.parametrize("word", ["Nguyễn", "Huỳnh", "Quốc", "Giỏi", "Gìn", "Khuya", "Khuỷu", "Uyên", "Ý", "Đặng"])
def test_syllables(word: str) -> None:
    assert is_syllable(word)


@pytest.mark.parametrize("word", ["NguyÔn", "V¨n", "Hoµng", "Nguyeãn", "Müller", "Łódź", "Nguyệễn"])
def test_other_words(word: str) -> None:
    assert not is_syllable(word)


def test_score_counts_marked_words_only() -> None:
    assert score("Nguyen Van An") == 0
    assert score("Nguyễn Văn An") == 2
    assert score("NguyÔn V¨n An") == -4
