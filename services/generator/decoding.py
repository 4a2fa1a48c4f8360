"""Writes with a model, step by step: what comes next is drawn, and some things may not come.

A fact is said once (title and brand twice), a number never spelled, and no text ends before all that has to be said is
said.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch

from services.generator.contexts import Contexts
from services.generator.facts import Fact, mentioned
from services.generator.features import Encoded
from services.generator.models.pointer import Carry, Memory, Pointer
from services.generator.vocabulary import Vocabulary

Floats = npt.NDArray[np.float32]
_TWICE = ("title", "brand")
_NEVER = -1e9


@dataclass(frozen=True)
class Sampling:
    """`share`: only the likeliest that together have this probability are drawn from (Holtzman et al. 2020)."""

    temperature: float = 0.6
    share: float = 0.8


@dataclass(frozen=True)
class State:
    """Where the writing stands. Going back is keeping an older one. `logits` are of what may come next."""

    carry: Carry
    logits: Floats
    said: tuple[int, ...]
    text: str = ""
    since: str = ""
    """What was spelled since the last fact."""


class Decoder:
    def __init__(self, model: Pointer, vocabulary: Vocabulary, contexts: Contexts) -> None:
        self._model, self.vocabulary, self.contexts = model, vocabulary, contexts
        never = [any(letter.isdigit() for letter in piece) or not piece for piece in vocabulary.pieces]
        self._never_V = np.array(never)
        self._never_V[vocabulary.end] = False

    @torch.inference_mode()
    def begin(self, read: Encoded) -> "Writing":
        pieces = torch.tensor([read.pieces])
        facts = torch.tensor([read.fact_at], dtype=torch.long)
        say = torch.tensor([read.say], dtype=torch.bool)
        memory, carry = self._model.read(pieces, torch.tensor([read.codes]), facts, say)
        writing = Writing(self, memory, read)
        writing.state = self.step(memory, State(carry, np.empty(0, np.float32), (0,) * len(read.facts)), read.start)
        return writing

    @torch.inference_mode()
    def step(self, memory: Memory, state: State, written: Sequence[int]) -> State:
        said = torch.tensor([[state.said]] * 1, dtype=torch.float32).expand(1, len(written), -1)
        logits, carry = self._model.write(memory, state.carry, torch.tensor([list(written)]), said)
        return replace(state, carry=carry, logits=logits[0, -1].numpy())

    def never(self) -> npt.NDArray[np.bool_]:
        return self._never_V


class Writing:
    """One text in the making."""

    def __init__(self, decoder: Decoder, memory: Memory, read: Encoded) -> None:
        self._decoder, self._memory, self._read = decoder, memory, read
        self.state: State

    def draw(self, state: State, sampling: Sampling, dice: np.random.Generator) -> int:
        """The number of what comes next: a piece, or V and more for a fact."""
        v = self._decoder.vocabulary.size
        logits = state.logits / max(sampling.temperature, 1e-3)
        logits[:v][self._decoder.never()] = _NEVER
        for place, count in enumerate(state.said):
            most = 2 if self._read.facts[place].name in _TWICE else 1
            if count >= most or not self._decoder.contexts.allows(state.since, self._read.names[place]):
                logits[v + place] = _NEVER
        if self.missing(state):
            logits[self._decoder.vocabulary.end] = _NEVER
        return _drawn(logits, sampling.share, dice)

    def missing(self, state: State) -> list[Fact]:
        """What still has to be said."""
        wanted = [
            (fact, count) for fact, say, count in zip(self._read.facts, self._read.say, state.said, strict=True) if say
        ]
        return [fact for fact, count in wanted if not count and not mentioned(fact, state.text)]

    def take(self, state: State, number: int) -> State:
        """After that number was written."""
        v = self._decoder.vocabulary.size
        if number < v:
            piece = self._decoder.vocabulary.text(number)
            following = replace(state, text=state.text + piece, since=state.since + piece)
        else:
            said = tuple(count + (place == number - v) for place, count in enumerate(state.said))
            following = replace(state, said=said, text=state.text + self._spelled(state.text, number - v), since="")
        return self._decoder.step(self._memory, following, (number,))

    def _spelled(self, before: str, place: int) -> str:
        """Letter by letter, but with a capital where it begins an English sentence."""
        value = self._read.facts[place].value
        begins = not before.strip() or before.rstrip(" ").endswith((".", "!", "?", "\n"))
        return value[:1].upper() + value[1:] if begins and value[:1].isascii() else value

    def ended(self, number: int) -> bool:
        return number == self._decoder.vocabulary.end


def _drawn(logits: Floats, share: float, dice: np.random.Generator) -> int:
    weights = np.exp(logits - logits.max())
    weights /= weights.sum()
    order = np.argsort(-weights)[:64]
    kept = weights[order]
    enough = int(np.searchsorted(np.cumsum(kept), share)) + 1
    kept = kept[:enough] / kept[:enough].sum()
    return int(order[int(np.searchsorted(np.cumsum(kept), dice.random()).clip(0, enough - 1))])
