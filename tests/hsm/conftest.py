"""Fixtures of the tests with real tokens."""

from tests.support.softhsm import golden_tokens

__all__ = ["golden_tokens"]
