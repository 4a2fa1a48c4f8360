"""What is generated and committed is what the protos say today."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_committed_stubs_are_those_of_the_protos(tmp_path: Path) -> None:
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    command = [sys.executable, str(ROOT / "deploy" / "protos.py"), "--out", str(tmp_path)]
    subprocess.run(command, check=True, env=env, capture_output=True)
    made = {path.relative_to(tmp_path): path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    assert made, "nothing was generated"
    stale = [str(name) for name, text in made.items() if (ROOT / name).read_text() != text]
    assert stale == [], "run `make protos`"
