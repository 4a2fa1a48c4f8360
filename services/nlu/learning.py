"""From lessons to what is served: pre-training, teaching, and the settings that held-out sentences decide."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import torch

from servicekit.progress import Progress
from services.nlu.concepts import Concepts
from services.nlu.decoding import transitions_of
from services.nlu.examples import Example, Schema, Span
from services.nlu.features import FeatureConfig, Ints, Vocabulary, concept_rows
from services.nlu.fit import Epochs, FitConfig, batches, fit_encoder, fit_line
from services.nlu.judging import Judged, by_language, set_f1, span_f1
from services.nlu.learned import Calibration, Floats, Learned, Reading, halved, read
from services.nlu.models.encoder import EncoderConfig, JointModel
from services.nlu.models.ngrams import LineModel
from services.nlu.pretraining import PretrainingConfig, pretrain, steps, vocabulary_of
from services.nlu.samples import Sampler
from services.nlu.text import tokenise
from services.nlu.understanding import Ask, Understander

_SHARES = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
_TEMPERATURES: tuple[float, ...] = tuple(np.geomspace(0.4, 2.5, 40).tolist())
_THRESHOLDS: tuple[float, ...] = tuple(np.linspace(0.05, 0.95, 37).tolist())
NOW = datetime(2026, 11, 23, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
"""Any moment does: no figure hangs on a date's value."""
MOST_DEMANDED = 0.75
"""Of a slot's confidence: the fewer held-out slots there are, the less their best threshold says."""
KEPT_IN_SCOPE = 0.97
"""Share of the sentences in scope that the out-of-scope threshold must let through."""


@dataclass(frozen=True)
class LearningConfig:
    seed: int = 1
    width: int = 128
    layers: int = 3
    threads: int = 2
    """Of the processor."""
    features: FeatureConfig = field(default_factory=FeatureConfig)
    pretraining: PretrainingConfig = field(default_factory=PretrainingConfig)
    fit: FitConfig = field(default_factory=FitConfig)


def learn(
    schema: Schema,
    taught: Sequence[Example],
    judged: Sequence[Example],
    texts: Sequence[str],
    concepts: Mapping[str, Sequence[str]],
    colours: Mapping[str, str],
    config: LearningConfig,
    progress: Progress,
) -> Learned:
    """`judged` decides how far the models' own certainty is believed, and nothing else. The same for the same seed."""
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    vocabulary = vocabulary_of(texts, Concepts(concepts), config.pretraining)
    model = JointModel(_shape(schema, vocabulary, config))
    line = LineModel(config.features.line_buckets, len(schema.choices))
    _teach(model, line, schema, taught, texts, vocabulary, config, progress)
    transitions = transitions_of(schema.labels, [example for example in taught if example.marked])
    learned = Learned("", schema, vocabulary, config.features, (model,), line, colours, transitions)
    for part in (model, line):
        halved(part)
        part.eval()
    return replace(learned, calibration=calibrate(learned, judged)) if judged else learned


def _shape(schema: Schema, vocabulary: Vocabulary, config: LearningConfig) -> EncoderConfig:
    return EncoderConfig(
        words=len(vocabulary),
        grams=config.features.gram_buckets,
        concepts=concept_rows(vocabulary),
        intents=len(schema.choices),
        labels=len(schema.labels),
        width=config.width,
        layers=config.layers,
        inner=4 * config.width,
    )


def _teach(
    model: JointModel,
    line: LineModel,
    schema: Schema,
    taught: Sequence[Example],
    texts: Sequence[str],
    vocabulary: Vocabulary,
    config: LearningConfig,
    progress: Progress,
) -> None:
    progress.stage("reading the shop's text", steps(len(texts), config.pretraining))
    pretrain(model.encoder, model.config, texts, vocabulary, config.features, config.pretraining, config.seed, progress)
    sampler = Sampler(schema, vocabulary, config.features)
    drawn = Epochs(taught, sampler, config.fit, config.seed)
    progress.stage("drawing sentences", config.fit.epochs)
    epochs = [drawn.epoch(progress) for _ in range(config.fit.epochs)]
    progress.stage("intents from n-grams", config.fit.line_epochs)
    fit_line(line, epochs, sampler, config.fit, config.seed, progress)
    progress.stage("intents and slots", batches(epochs, config.fit))
    fit_encoder(model, epochs, sampler, config.fit, config.seed, progress)
    progress.close()


def calibrate(learned: Learned, judged: Sequence[Example]) -> Calibration:
    """The blend by likelihood, the temperature by likelihood, thresholds by what they let through."""
    places = {name: at for at, name in enumerate(learned.schema.choices)}
    single = [example for example in judged if len(example.intents) == 1]
    right = np.array([places[example.intents[0]] for example in single])
    blends = {share: _choices(learned, single, share) for share in _SHARES}
    tried = [(share, temperature) for share in _SHARES for temperature in _TEMPERATURES]
    share, temperature = max(tried, key=lambda one: _likelihood(blends[one[0]], right, one[1]))
    calibration = Calibration(share, temperature)
    readings = _readings(replace(learned, calibration=calibration), judged)
    outside = [_outside(reading.choices_C, temperature) for reading in readings]
    return replace(
        calibration,
        slot=_slot_threshold(learned, [example for example in judged if example.marked]),
        out_of_scope=_scope_threshold([(o, not e.intents) for o, e in zip(outside, judged, strict=True)]),
        two=_two_threshold(learned.schema, [(r, e) for r, e in zip(readings, judged, strict=True) if e.intents]),
    )


def _readings(learned: Learned, examples: Sequence[Example]) -> list[Reading]:
    tokens = [tokenise(example.text) for example in examples]
    return [one for at in range(0, len(tokens), 64) for one in read(learned, tokens[at : at + 64])]


def _choices(learned: Learned, examples: Sequence[Example], share: float) -> Floats:
    blended = replace(learned, calibration=Calibration(encoder_share=share))
    return np.stack([reading.choices_C for reading in _readings(blended, examples)])


def _likelihood(choices_NC: Floats, right_N: Ints, temperature: float) -> float:
    """Mean log-probability of the right intent, out of scope left aside."""
    cooled: Floats = choices_NC[:, :-1] / temperature
    rest_N: Floats = np.log(np.exp(cooled).sum(1))
    told_N: Floats = cooled[np.arange(len(right_N)), right_N] - rest_N
    return float(told_N.mean())


def _outside(choices_C: Floats, temperature: float) -> float:
    cooled: Floats = np.exp(choices_C / temperature)
    return float(cooled[-1]) / float(cooled.sum())


def _scope_threshold(scores: Sequence[tuple[float, bool]]) -> float:
    """The lowest at which enough of what is in scope is let through, so that most of what is not is caught."""
    inside = [score for score, is_outside in scores if not is_outside]
    for threshold in _THRESHOLDS:
        if sum(score <= threshold for score in inside) >= KEPT_IN_SCOPE * len(inside):
            return threshold
    return _THRESHOLDS[-1]


def _slot_threshold(learned: Learned, examples: Sequence[Example]) -> float:
    """Where the slots agree best with those marked."""
    understood = [one for at in range(0, len(examples), 64) for one in _understood(learned, examples[at : at + 64])]

    def agreement(threshold: float) -> float:
        kept = ((span for span, confidence in found if confidence >= threshold) for found in understood)
        return span_f1((example.spans, list(spans)) for example, spans in zip(examples, kept, strict=True)) or 0.0

    return max((threshold for threshold in _THRESHOLDS if threshold <= MOST_DEMANDED), key=agreement)


def _understood(learned: Learned, examples: Sequence[Example]) -> list[list[tuple[Span, float]]]:
    asks = [Ask(example.text, NOW) for example in examples]
    return [
        [(Span(slot.name, slot.start, slot.end), slot.confidence) for slot in found.slots]
        for found in Understander(learned).understand(asks)
    ]


def _two_threshold(schema: Schema, read_of: Sequence[tuple[Reading, Example]]) -> float:
    """Where the sets of intents agree best with those said."""

    def agreement(threshold: float) -> float:
        return set_f1((set(one.intents), _wishes(schema, reading, threshold)) for reading, one in read_of) or 0.0

    return max(reversed(_THRESHOLDS), key=agreement)


def _wishes(schema: Schema, reading: Reading, threshold: float) -> set[str]:
    best = np.argsort(-reading.choices_C[:-1], kind="stable")[: 2 if reading.two > threshold else 1]
    return {schema.choices[at] for at in best}


def figures_of(learned: Learned, examples: Sequence[Example]) -> Mapping[str, object]:
    """By language, on labelled sentences."""
    understander = Understander(learned)

    def understand(texts: Sequence[str]) -> list[Judged]:
        return [
            Judged(
                tuple(intent.name for intent in found.intents),
                found.ranking[0].name if found.ranking else "",
                found.ranking[0].confidence if found.ranking else 0.0,
                found.out_of_scope_score,
                tuple(Span(slot.name, slot.start, slot.end) for slot in found.slots),
            )
            for at in range(0, len(texts), 64)
            for found in understander.understand([Ask(text, NOW) for text in texts[at : at + 64]])
        ]

    return by_language(examples, understand)
