"""`python -m bench`: every bench, one after the other, and RESULTS.md from what they measured."""

import subprocess
import sys

from bench.report import write_report

BENCHES = (
    ("bench.freshness",),
    ("bench.ingest",),
    ("bench.gateway",),
    ("bench.shop", "--test"),
    ("bench.nlu", "--dataset", "sample_shop", "--artifacts", "sample_shop/bundles"),
    ("bench.knowledge",),
    ("bench.conversations",),
    ("bench.copy", "--dataset", "sample_shop"),
    ("bench.copy", "--dataset", "uci_online_retail"),
)


def main() -> int:
    """The exit code: 1 if one of them failed; the others' figures are kept."""
    failed = [name for name, *options in BENCHES if subprocess.run([sys.executable, "-m", name, *options]).returncode]
    write_report()
    for name in failed:
        print(f"{name} failed", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
