"""Writes with a model, step by step: what comes next is drawn, and some things may not come.

A fact is said once (title and brand twice, except in a title) and where training texts had one of its name; a number is
never spelled; three pieces follow each other only where a text had them so; no text ends before all that has to be said
is said, unless nothing else may come.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch

from services.generator.chains import NOTHING, Chains
from services.generator.contexts import Contexts
from services.generator.facts import Fact, mentioned
from services.generator.features import Encoded
from services.generator.models.pointer import Carry, Memory, Pointer
from services.generator.vocabulary import Vocabulary

Floats = npt.NDArray[np.float32]
_TWICE = ("title", "brand")
"""What an e-mail says in its subject and in its text."""
_NEVER = -1e9
_DIGIT = re.compile(r"\d")
_FOREIGN = {"en": re.compile("[㐀-鿿、-】，。！？：；]"), "zh": re.compile("[A-Za-z]{4}")}
"""What is no piece of a text in that language."""


@dataclass(frozen=True)
class Sampling:
    """`share`: only the likeliest that together have this probability are drawn from (Holtzman et al. 2020)."""

    temperature: float = 0.5
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
    last: tuple[int, int] = (NOTHING, NOTHING)
    """The two numbers written last, V for any fact."""
    least: float = 1.0
    """The probability of the least likely number written in this sentence, by the model alone: how sure it was."""


class Decoder:
    def __init__(self, model: Pointer, vocabulary: Vocabulary, contexts: Contexts, chains: Chains) -> None:
        self._model, self.vocabulary, self.contexts, self.chains = model, vocabulary, contexts, chains
        self._spellable = {language: self._mask(foreign) for language, foreign in _FOREIGN.items()}

    def _mask(self, foreign: re.Pattern[str]) -> npt.NDArray[np.bool_]:
        """Over V: pieces with words, without digits and without words of the other language; and the end."""
        pieces = self.vocabulary.pieces
        good = [bool(piece) and not _DIGIT.search(piece) and not foreign.search(piece) for piece in pieces]
        good[self.vocabulary.end] = True
        return np.array(good)

    @torch.inference_mode()
    def begin(self, read: Encoded, language: str, twice: bool = True) -> "Writing":
        pieces = torch.tensor([read.pieces])
        facts = torch.tensor([read.fact_at], dtype=torch.long)
        say = torch.tensor([read.say], dtype=torch.bool)
        memory, carry = self._model.read(pieces, torch.tensor([read.codes]), facts, say)
        writing = Writing(self, memory, read, self._spellable[language], twice)
        writing.state = self.step(memory, State(carry, np.empty(0, np.float32), (0,) * len(read.facts)), read.start)
        return writing

    @torch.inference_mode()
    def step(self, memory: Memory, state: State, written: Sequence[int]) -> State:
        said = torch.tensor([[state.said]] * 1, dtype=torch.float32).expand(1, len(written), -1)
        logits, carry = self._model.write(memory, state.carry, torch.tensor([list(written)]), said)
        last = (state.last[1], min(written[-1], self.vocabulary.size))
        return replace(state, carry=carry, logits=logits[0, -1].numpy(), last=last)


class Writing:
    """One text in the making."""

    def __init__(
        self, decoder: Decoder, memory: Memory, read: Encoded, spellable: npt.NDArray[np.bool_], twice: bool
    ) -> None:
        self._decoder, self._memory, self._read = decoder, memory, read
        self._spellable_V, self._twice = spellable, twice
        self.state: State

    def draw(self, state: State, sampling: Sampling, dice: np.random.Generator) -> int:
        """The number of what comes next: a piece, or V and more for a fact. Where nothing may come, the end."""
        allowed = self._allowed(state)
        if not allowed.any():
            return self._decoder.vocabulary.end
        logits = np.where(allowed, state.logits, _NEVER) / max(sampling.temperature, 1e-3)
        return _drawn(logits.astype(np.float32), sampling.share, dice)

    def _allowed(self, state: State) -> npt.NDArray[np.bool_]:
        """Over V + F."""
        v, end = self._decoder.vocabulary.size, self._decoder.vocabulary.end
        following = self._decoder.chains.following(*state.last)
        spelled_V = self._spellable_V.copy()
        if following is not None:
            seen_V = np.zeros(v + 1, dtype=np.bool_)
            seen_V[following] = True
            spelled_V &= seen_V[:v]
        facts_F = np.zeros(len(state.said), dtype=np.bool_)
        if following is None or seen_V[v]:
            facts_F[:] = [self._pointable(state, place) for place in range(len(state.said))]
        spelled_V[end] &= not self.missing(state)
        return np.concatenate([spelled_V, facts_F])

    def _pointable(self, state: State, place: int) -> bool:
        most = 2 if self._twice and self._read.facts[place].name in _TWICE else 1
        return state.said[place] < most and self._decoder.contexts.allows(state.since, self._read.names[place])

    def may_end(self, state: State) -> bool:
        """Whether a text has ended so: not where words or a fact should follow."""
        following = self._decoder.chains.following(*state.last)
        return following is None or self._decoder.vocabulary.end in following

    def missing(self, state: State) -> list[Fact]:
        """What still has to be said."""
        wanted = [
            (fact, count) for fact, say, count in zip(self._read.facts, self._read.say, state.said, strict=True) if say
        ]
        return [fact for fact, count in wanted if not count and not mentioned(fact, state.text)]

    def take(self, state: State, number: int) -> State:
        """After that number was written."""
        v = self._decoder.vocabulary.size
        state = replace(state, least=min(state.least, _probability(state.logits, number)))
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


def _probability(logits: Floats, number: int) -> float:
    highest = logits.max()
    return float(np.exp(logits[number] - highest) / np.exp(logits - highest).sum())


def _drawn(logits: Floats, share: float, dice: np.random.Generator) -> int:
    weights = np.exp(logits - logits.max())
    weights /= weights.sum()
    order = np.argsort(-weights)[:64]
    kept = weights[order]
    enough = int(np.searchsorted(np.cumsum(kept), share)) + 1
    kept = kept[:enough] / kept[:enough].sum()
    return int(order[int(np.searchsorted(np.cumsum(kept), dice.random()).clip(0, enough - 1))])
