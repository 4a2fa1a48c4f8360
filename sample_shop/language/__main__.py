"""Prints how many training utterances there are: `python -m sample_shop.language`."""

from collections import Counter

from sample_shop.language import LANGUAGES, OUT_OF_SCOPE, expand, intents, read_written
from sample_shop.language.reading import TWO_INTENTS

COUNTED = 25
"""So many of the grammar's utterances count of each intent and language."""


def table() -> str:
    head = f"{'intent':20}" + "".join(f"{f'{lang} written':>12}{f'{lang} grammar':>12}" for lang in LANGUAGES)
    columns = [_counts(language) for language in LANGUAGES]
    names = [*intents(), TWO_INTENTS, OUT_OF_SCOPE]
    rows = [f"{name:20}" + "".join(f"{column[name][0]:12}{column[name][1]:12}" for column in columns) for name in names]
    sums = [(sum(one for one, _ in column.values()), sum(two for _, two in column.values())) for column in columns]
    total = f"{'all':20}" + "".join(f"{written:12}{drawn:12}" for written, drawn in sums)
    return "\n".join([head, *rows, total, f"total {sum(written + drawn for written, drawn in sums)}"])


def _counts(language: str) -> dict[str, tuple[int, int]]:
    """Written and drawn, of each intent, of two intents and of none."""
    written = Counter(_shelf(utterance.intents) for utterance in read_written(language))
    drawn = {intent: len(expand(language, intent, COUNTED, seed=0)) for intent in intents()}
    return {name: (written[name], drawn.get(name, 0)) for name in [*intents(), TWO_INTENTS, OUT_OF_SCOPE]}


def _shelf(labels: tuple[str, ...]) -> str:
    if len(labels) == 1:
        return labels[0]
    return TWO_INTENTS if labels else OUT_OF_SCOPE


if __name__ == "__main__":
    print(table())
