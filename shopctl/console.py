"""What shopctl prints: people read tables and progress bars, machines read JSON."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)
USAGE, FAILED = 2, 1


def fail(message: str, hint: str = "", code: int = FAILED) -> typer.Exit:
    """To be raised: prints what is wrong and what to do, and ends with the code."""
    err.print(f"[bold red]error:[/] {_plain(message)}", soft_wrap=True)
    if hint:
        err.print(f"       {_plain(hint)}", soft_wrap=True)
    return typer.Exit(code)


def note(message: str) -> None:
    """Beside the result, on stderr."""
    err.print(message, soft_wrap=True)


def print_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], right: Sequence[str] = ()) -> Table:
    """`right` names the columns of numbers."""
    made = Table(title=title or None, title_justify="left", title_style="bold", header_style="bold", box=None)
    for name in columns:
        made.add_column(name, justify="right" if name in right else "left", overflow="fold")
    for row in rows:
        made.add_row(*(_plain(cell) for cell in row))
    return made


@contextmanager
def progress(what: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """A bar on stderr, or one line where that is no terminal; call with how many are done."""
    if not err.is_terminal:
        note(f"{what} …")
        yield lambda done: None
        return
    shown: tuple[object, ...] = (BarColumn(), MofNCompleteColumn()) if total else ()
    bar = Progress(SpinnerColumn(), TextColumn("{task.description}"), *shown, TimeElapsedColumn(), console=err)  # type: ignore[arg-type]
    with bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)
        bar.update(task, completed=total, total=total or 1)


def _plain(value: object) -> str:
    """Square brackets in a shop's own words are not our markup."""
    return str(value).replace("[", "\\[")
