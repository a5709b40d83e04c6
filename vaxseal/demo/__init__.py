"""The demo: a small province of invented people, and the real parts at work on it."""
