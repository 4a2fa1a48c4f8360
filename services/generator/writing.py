"""The model as a writer: copy sentence by sentence, each drawn again while it is not good, and replies."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from services.generator.controls import bounds
from services.generator.decoding import Decoder, Sampling, State, Writing
from services.generator.facts import CATEGORY, coverage
from services.generator.features import for_copy, for_reply
from services.generator.generator import Order, Say
from services.generator.lexicon import Lexicon
from services.generator.reply_facts import stateable
from services.generator.situations import Ask
from services.generator.text import ends_sentence

_TRIES = 4
"""At one sentence, and at one reply."""
_SENTENCE_STEPS, _REPLY_STEPS = 60, 90
_LEAST_COPY, _LEAST_REPLY = 0.005, 0.03
"""Least probability of any piece: below it stands what the model made up when it did not know on. Measured on 400 drawn
replies: the 2 % below .03 were broken, those above were not; copy has more ways to go on."""


@dataclass(frozen=True)
class ModelWriter:
    """`generator.Writer` on a trained model. `label`: what an attribute is called in a language (reply facts)."""

    version: str
    lexicon: Lexicon
    decoder: Decoder
    label: Callable[[str, str], str]
    copy_sampling: Sampling = field(default_factory=Sampling)
    reply_sampling: Sampling = field(default_factory=lambda: Sampling(temperature=0.35))

    @property
    def _known(self) -> frozenset[str]:
        """Names of facts that training saw: the category is read and never said."""
        return self.decoder.contexts.known | {CATEGORY}

    def write(self, order: Order, good: Callable[[str], bool], say: Say, in_time: Callable[[], bool]) -> str:
        """ "" if time is up. A sentence that does not come good ends the text: what is missing is repaired."""
        read = for_copy(self.decoder.vocabulary, order.controls, order.facts, order.required, self._known)
        writing = self.decoder.begin(read, order.controls.language, twice=order.controls.channel != "title")
        dice = np.random.default_rng(abs(order.seed) * 2 + (order.seed < 0))
        state, ended = writing.state, False
        while not ended and len(state.text) < bounds(order.controls)[1]:
            sentence = self._good_sentence(writing, state, dice, good, in_time)
            if not in_time():
                return ""
            if sentence is None:
                break
            following, ended = sentence
            say(following.text[len(state.text) :])
            state = following
        return state.text.strip()

    def _good_sentence(
        self,
        writing: Writing,
        state: State,
        dice: np.random.Generator,
        good: Callable[[str], bool],
        in_time: Callable[[], bool],
    ) -> tuple[State, bool] | None:
        for _ in range(_TRIES):
            following, ended = self._sentence(
                writing, replace(state, least=1.0), dice, self.copy_sampling, _SENTENCE_STEPS, in_time
            )
            added = following.text[len(state.text) :]
            whole = writing.may_end(following) or not ended
            if whole and following.least >= _LEAST_COPY and (not added or good(added)):
                return following, ended
        return None

    def _sentence(
        self,
        writing: Writing,
        state: State,
        dice: np.random.Generator,
        sampling: Sampling,
        most: int,
        in_time: Callable[[], bool],
        whole: bool = False,
    ) -> tuple[State, bool]:
        """(where it then stands, whether the text ended). `whole`: not a sentence, all of it."""
        for _ in range(most):
            if not in_time():
                break
            number = writing.draw(state, sampling, dice)
            if writing.ended(number):
                return state, True
            state = writing.take(state, number)
            if not whole and number < self.decoder.vocabulary.size and ends_sentence(state.text):
                return state, False
        return state, False

    def reply(self, ask: Ask, good: Callable[[str], bool], in_time: Callable[[], bool]) -> str:
        """ "" if the model has no words for these facts, or none that say them all in time."""
        facts = stateable(ask.act, ask.facts, lambda name: self.label(name, ask.language))
        if facts is None:
            return ""
        read = for_reply(self.decoder.vocabulary, ask, facts, self._known)
        writing = self.decoder.begin(read, ask.language)
        dice = np.random.default_rng(_seed(ask))
        for _ in range(_TRIES):
            state, ended = self._sentence(
                writing, writing.state, dice, self.reply_sampling, _REPLY_STEPS, in_time, whole=True
            )
            text = state.text.strip()
            sure = ended and writing.may_end(state) and state.least >= _LEAST_REPLY
            if sure and text and coverage(facts, text) == 1.0 and good(text):
                return text
        return ""


def _seed(ask: Ask) -> int:
    """The same conversation gets the same words, the next turn others."""
    said = "\n".join(turn.text for turn in ask.history) + ask.act + str(len(ask.history))
    return zlib.crc32(said.encode())
