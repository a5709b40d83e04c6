"""A progress bar for work in the database; none where nobody looks."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from vaxseal.console import err


@contextmanager
def progress_bar(title: str, *, shown: bool) -> Iterator[Callable[[int, int | None], None] | None]:
    """What to tell how much is done, of how much (None: not known); None where standard error is no terminal."""
    if not shown or not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
