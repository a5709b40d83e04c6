"""`vaxseal serve`."""


def serve() -> None:
    """Not written yet."""
