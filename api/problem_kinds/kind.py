"""One kind of problem, in both languages."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """Title and detail in one language."""

    title: str
    detail: str


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem: its status and its words. Its URN is `api.problems.TYPE_PREFIX` and the key in `KINDS`."""

    status: int
    vi: Words
    en: Words
