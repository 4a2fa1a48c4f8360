"""The domain: copy and replies from facts. The model writes, the checks judge, repair mends, the template stands in."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from services.generator.checks import Checker, Checks
from services.generator.controls import Controls, important
from services.generator.facts import Fact, Source
from services.generator.forbidden import ForbiddenWords
from services.generator.lexicon import Lexicon
from services.generator.repair import Repairer
from services.generator.reply_template import ReplyTemplate
from services.generator.situations import Ask
from services.generator.template import Template

_LOG = logging.getLogger(__name__)
MODEL, REPAIRED, TEMPLATE = "model", "repaired", "template"
NO_MODEL, MODEL_FAILED, OUT_OF_TIME = "no-model", "model-failed", "out-of-time"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Order:
    """Copy that is wanted. `mention` and `omit` are names of facts."""

    source: Source
    controls: Controls
    seed: int = 0
    use_template: bool = False
    mention: tuple[str, ...] = ()
    omit: tuple[str, ...] = ()

    @property
    def facts(self) -> tuple[Fact, ...]:
        """Those that may be said."""
        return tuple(fact for fact in self.source.facts if fact.name not in self.omit)

    @property
    def required(self) -> tuple[Fact, ...]:
        must = important(self.facts, self.controls)
        return tuple(fact for fact in self.facts if fact in must or fact.name in self.mention)


@dataclass(frozen=True)
class Copy:
    text: str
    origin: str
    controls: Controls
    checks: Checks
    facts: tuple[Fact, ...]
    model_version: str = ""
    degradations: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Reply:
    text: str
    origin: str
    model_version: str = ""
    degradations: tuple[str, ...] = field(default=())


class Writer(Protocol):
    """A model that writes. `good` judges each sentence as it comes; one that is not is written anew or left out.

    Both give "" if nothing good came of it in time; `in_time` says whether to go on.
    """

    @property
    def version(self) -> str: ...

    @property
    def lexicon(self) -> Lexicon: ...

    def write(self, order: Order, good: Callable[[str], bool], say: Say, in_time: Callable[[], bool]) -> str: ...

    def reply(self, ask: Ask, good: Callable[[str], bool], in_time: Callable[[], bool]) -> str: ...


@dataclass(frozen=True)
class _Staff:
    """What one answer stands on: a promoted model replaces it as a whole."""

    writer: Writer | None
    checker: Checker
    repairer: Repairer


class Generator:
    """Blocks on the processor: call it in a thread."""

    def __init__(self, lexicon: Lexicon, forbidden: ForbiddenWords) -> None:
        self._lexicon, self._forbidden, self._template = lexicon, forbidden, Template.load()
        self._replies = ReplyTemplate.load(self._template)
        self._staff = self._staffed(None)

    def use(self, writer: Writer | None) -> None:
        """From the next answer on."""
        self._staff = self._staffed(writer)

    @property
    def version(self) -> str:
        """Of the model; "" without one."""
        return self._staff.writer.version if self._staff.writer else ""

    def _staffed(self, writer: Writer | None) -> _Staff:
        checker = Checker(self._lexicon.joined(writer.lexicon) if writer else self._lexicon, self._forbidden)
        return _Staff(writer, checker, Repairer(checker, self._template))

    def evaluate(self, text: str, source: Source, controls: Controls) -> Checks:
        return self._staff.checker.check(text, source, controls)

    def write(self, order: Order, say: Say = lambda _: None, in_time: Callable[[], bool] = lambda: True) -> Copy:
        """`say` hears each sentence once it is found good."""
        staff = self._staff
        if staff.writer is None or order.use_template:
            copy = self._by_template(order, staff, () if order.use_template else (NO_MODEL,))
        else:
            copy = self._by_model(order, staff, staff.writer, say, in_time)
        if copy.origin == TEMPLATE:
            say(copy.text)
        return copy

    def _by_model(self, order: Order, staff: _Staff, writer: Writer, say: Say, in_time: Callable[[], bool]) -> Copy:
        language = order.controls.language

        def good(sentence: str) -> bool:
            return not staff.checker.statements(sentence, order.source, language)

        try:
            written = writer.write(order, good, say, in_time)
        except Exception:
            _LOG.exception("the model failed; the template stands in")
            return self._by_template(order, staff, (MODEL_FAILED,))
        mended = staff.repairer.repair(written, order.source, order.controls, order.required if written else ())
        checks = staff.checker.check(mended.text, order.source, order.controls)
        if not written or not checks.passed:
            return self._by_template(order, staff, () if in_time() else (OUT_OF_TIME,))
        origin = REPAIRED if mended.changed else MODEL
        return Copy(mended.text, origin, order.controls, checks, order.facts, writer.version)

    def _by_template(self, order: Order, staff: _Staff, degradations: tuple[str, ...]) -> Copy:
        text = self._template.write(order.facts, order.controls, order.mention)
        checks = staff.checker.check(text, order.source, order.controls)
        return Copy(text, TEMPLATE, order.controls, checks, order.facts, self.version, degradations)

    def reply(self, ask: Ask, in_time: Callable[[], bool] = lambda: True) -> Reply:
        """Worded by the model if what it says is in the facts, else plainly."""
        staff = self._staff
        if staff.writer is None:
            return Reply(self._replies.write(ask), TEMPLATE, degradations=(NO_MODEL,))
        source = Source("", ask.language, (*ask.facts, *ask.slots))

        def good(text: str) -> bool:
            return not staff.checker.statements(text, source, ask.language)

        try:
            text = staff.writer.reply(ask, good, in_time)
        except Exception:
            _LOG.exception("the model failed; the template stands in")
            return Reply(self._replies.write(ask), TEMPLATE, staff.writer.version, (MODEL_FAILED,))
        if not text:
            missing = () if in_time() else (OUT_OF_TIME,)
            return Reply(self._replies.write(ask), TEMPLATE, staff.writer.version, missing)
        return Reply(text, MODEL, staff.writer.version)
