"""What commands share: the home that the settings name, and a word on what takes long."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

console = Console(stderr=True)


@contextmanager
def stage(text: str) -> Iterator[None]:
    """Shows that long work goes on: a spinner with the time, off a terminal a plain line."""
    if not console.is_terminal:
        console.print(text, highlight=False)
        yield
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        progress.add_task(text)
        yield


def home_of_settings() -> Path:
    """The home of the settings, there from now on, and named to what reads the environment."""
    from orchestration.settings.loading import load_settings

    home = load_settings().home
    home.mkdir(parents=True, exist_ok=True)
    os.environ["QUARTERHOUR_HOME"] = str(home)
    return home


def words_of(command: str, **options: object) -> list[str]:
    """A command with the options that were given, as words: by them it is repeated."""
    given = {name: value for name, value in options.items() if value is not None}
    words = [[f"--{name.replace('_', '-')}", str(value)] for name, value in given.items()]
    return [command, *chain.from_iterable(words)]


def home_named() -> Path:
    """The home, also one whose settings are wrong."""
    return Path(os.environ.get("QUARTERHOUR_HOME") or "data").resolve()
