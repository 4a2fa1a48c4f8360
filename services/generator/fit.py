"""Training by teacher forcing, for a given number of passes."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from services.generator.examples import Batch, Example, batches, collate
from services.generator.models.pointer import Pointer, PointerConfig


@dataclass(frozen=True)
class FitConfig:
    seed: int = 1
    passes: float = 1.0
    pieces: int = 1000
    """Written pieces of a batch."""
    rate: float = 3e-3
    """Of AdamW at its highest, after a warm-up of 5 %; it falls to nothing along a cosine."""
    decay: float = 0.01
    longest_norm: float = 1.0
    threads: int = 2


def fit(
    model_config: PointerConfig,
    examples: Sequence[Example],
    config: FitConfig,
    progress: Callable[[], None] = lambda: None,
) -> Pointer:
    """`progress` is called after each batch."""
    torch.manual_seed(config.seed)
    torch.set_num_threads(config.threads)
    model = Pointer(model_config)
    turns = steps(examples, config)
    best = torch.optim.AdamW(model.parameters(), lr=config.rate, weight_decay=config.decay, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        best, config.rate, total_steps=turns + 1, pct_start=0.05, cycle_momentum=False
    )
    dice, done = random.Random(config.seed), 0
    model.train()
    while done < turns:
        for batch in batches(examples, config.pieces, model_config.pad, dice):
            loss = loss_on(model, batch)
            best.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
            nn.utils.clip_grad_norm_(model.parameters(), config.longest_norm)
            best.step()
            schedule.step()
            progress()
            done += 1
            if done == turns:
                break
    return model.eval()


def loss_on(model: Pointer, batch: Batch) -> Tensor:
    memory, carry = model.read(batch.pieces_BS, batch.codes_B, batch.fact_at_BF, batch.say_BF)
    return model.loss(memory, carry, batch.written_BL, batch.counted_BL)


def steps(examples: Sequence[Example], config: FitConfig) -> int:
    """Batches of the whole training."""
    each = sum(1 for _ in batches(examples, config.pieces, 0, random.Random(0)))
    return max(1, round(each * config.passes))


@torch.inference_mode()
def loss_of(model: Pointer, examples: Sequence[Example], pad: int) -> float:
    """Nats a piece, on texts the model has not seen."""
    total = count = 0.0
    for start in range(0, len(examples), 64):
        batch = collate(examples[start : start + 64], pad)
        number = float(batch.counted_BL[:, 1:].sum())
        total += float(loss_on(model, batch)) * number
        count += number
    return total / max(count, 1.0)
