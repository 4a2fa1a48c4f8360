"""Order numbers: SK and eight digits."""

import re

ORDER = re.compile(r"(?<![a-z0-9])(?:sk|s k)[\s\-#:_]*\d(?:[\s\-]?\d){7}(?![\s\-]?\d)")
"""In normalised text, however it is spaced."""


def order_number(text: str) -> str | None:
    """`text` normalised. Eight digits alone are taken for one whose letters were left out."""
    digits = re.sub(r"\D", "", text)
    letters = re.sub(r"[^a-z]", "", text)
    return f"SK{digits}" if len(digits) == 8 and letters in ("sk", "") else None
