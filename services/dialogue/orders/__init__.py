"""Orders as a shop keeps them: the embedded implementation of commerce/v1 OrderService."""

from pathlib import Path

MIGRATIONS = Path(__file__).parent / "migrations"
