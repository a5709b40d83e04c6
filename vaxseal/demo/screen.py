"""What the demo shows while it plays: one line a stage, and the seconds of each."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from vaxseal.console import err

Advance = Callable[[int], None]  # told how much is done so far


class Screen:
    """Stages one after another on standard error; silent for ``--json``. ``seconds`` keeps how long each took."""

    def __init__(self, *, silent: bool) -> None:
        self._silent = silent
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str, words: str, total: int | None = None) -> Iterator[Advance]:
        """Time the block as ``name``, under a bar of ``total`` steps (None: a spinner)."""
        columns = (
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description}"),
            *((BarColumn(bar_width=18), MofNCompleteColumn()) if total else ()),
            TimeElapsedColumn(),
        )
        begun = time.perf_counter()
        with Progress(*columns, console=err, disable=self._silent) as progress:
            task = progress.add_task(words, total=total)
            yield lambda done: progress.update(task, completed=done)
            progress.update(task, total=total or 1, completed=total or 1)
        self.seconds[name] = round(time.perf_counter() - begun, 2)
