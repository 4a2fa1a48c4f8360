"""Runs a Python module of a service as a process of its own: training and the like never run inside shopctl."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from servicekit.errors import ServiceError, Unavailable

END_SECONDS = 15.0


def run(
    module: str,
    arguments: Sequence[str],
    env: Mapping[str, str],
    log: Path | None = None,
    meanwhile: Callable[[], None] = lambda: None,
) -> str:
    """What the module wrote to stdout. Its stderr goes to ours, or to `log`. Raises Unavailable if it fails.

    `meanwhile` is called twice a second while it runs. It has a session of its own: Ctrl-C reaches us, and we end it.
    """
    errors = None if log is None else _opened(log)
    command = [sys.executable, "-m", module, *arguments]
    process = subprocess.Popen(
        command, env=dict(env), stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True
    )
    try:
        stdout = _wait(process, meanwhile)
    finally:
        _end(process)
        if errors is not None:
            errors.close()
    if process.returncode != 0:
        said = "" if log is None else "\n" + "\n".join(f"    {line}" for line in last_lines(log))
        raise Unavailable(f"{' '.join(command[1:])} ended with code {process.returncode}{said}", "MODULE_FAILED")
    return stdout


def json_line(stdout: str, module: str) -> dict[str, Any]:
    """The one JSON object that a module prints. Raises ServiceError if there is none."""
    for line in reversed(stdout.splitlines()):
        if line.startswith("{"):
            found = json.loads(line)
            if isinstance(found, dict):
                return found
    raise ServiceError(f"{module} printed no JSON line", "NO_RESULT")


def last_lines(log: Path, count: int = 15) -> list[str]:
    from shopctl.child import readable

    lines = log.read_text(errors="replace").splitlines()[-count:]
    return [text for line in lines for text in readable(line)]


def _opened(log: Path) -> Any:
    log.parent.mkdir(parents=True, exist_ok=True)
    return log.open("a")


def _wait(process: "subprocess.Popen[str]", meanwhile: Callable[[], None]) -> str:
    while True:
        try:
            stdout, _ = process.communicate(timeout=0.5)
            return stdout
        except subprocess.TimeoutExpired:
            meanwhile()


def _end(process: "subprocess.Popen[str]") -> None:
    """If we are interrupted, so is it."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
