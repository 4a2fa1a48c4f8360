"""Sequence to sequence with attention, that writes pieces of text or points at a fact.

Each step is one softmax over the vocabulary and the facts at hand (See et al. 2017, https://arxiv.org/abs/1704.04368,
and Vinyals et al. 2015, https://arxiv.org/abs/1506.03134, but pointing at whole facts instead of at words). What was
pointed at before is seen by the pointer, as their coverage is.

Shapes: B batch, S pieces read, F facts, L pieces written, D width, H hidden, V vocabulary.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as nnf


@dataclass(frozen=True)
class PointerConfig:
    vocabulary: int
    pad: int
    width: int = 128
    encoder_layers: int = 1
    heads: int = 4
    feed_forward: int = 256
    hidden: int = 192
    longest: int = 256
    """Pieces read."""
    dropout: float = 0.1


class Memory(NamedTuple):
    """What was read: states, where there are any, and each fact's own."""

    states_BSD: Tensor
    mask_BS: Tensor
    facts_BFD: Tensor
    fact_mask_BF: Tensor
    say_BF: Tensor
    manner_B1D: Tensor
    """The sum of the codes: each step hears how the text is to be."""


class Carry(NamedTuple):
    """Between one step and the next. Never changed in place, so an earlier one can be gone back to."""

    lower_1BH: Tensor
    upper_1BH: Tensor


class Pointer(nn.Module):
    """An answer is a sequence of numbers: below V a piece, from V on a fact by its place."""

    def __init__(self, config: PointerConfig) -> None:
        super().__init__()
        self.config = config
        d, h = config.width, config.hidden
        self.pieces = nn.Embedding(config.vocabulary, d, padding_idx=config.pad)
        self.places = nn.Embedding(config.longest, d)
        nn.init.normal_(self.pieces.weight, std=d**-0.5)
        nn.init.normal_(self.places.weight, std=0.02)
        layer = nn.TransformerEncoderLayer(
            d, config.heads, config.feed_forward, dropout=0.0, batch_first=True, norm_first=True
        )
        self.encoder = nn.TransformerEncoder(layer, config.encoder_layers, nn.LayerNorm(d), enable_nested_tensor=False)
        self.begin, self.manner = nn.Linear(2 * d, 2 * h), nn.Linear(d, d)
        self.left = nn.Linear(d, d)
        self.fact_in, self.fact_key = nn.Linear(d, d), nn.Linear(d, d)
        self.lower = nn.GRU(d, h, batch_first=True)
        self.query = nn.Linear(h, d)
        self.upper = nn.GRU(h + d, h, batch_first=True)
        self.out = nn.Linear(h + d, d)
        self.point, self.said = nn.Linear(d, d), nn.Linear(d, 1)
        self.bias_V = nn.Parameter(torch.zeros(config.vocabulary))
        self.drop = nn.Dropout(config.dropout)

    def read(self, pieces_BS: Tensor, codes_B: Tensor, fact_at_BF: Tensor, say_BF: Tensor) -> tuple[Memory, Carry]:
        """The first `codes_B` of the pieces are codes. `fact_at_BF` is -1 where there is no fact;
        `say_BF`: whether the text has to say it."""
        mask_BS = pieces_BS != self.config.pad
        at_S = torch.arange(pieces_BS.shape[1], device=pieces_BS.device)
        own_BSD = self.pieces(pieces_BS) * self.config.width**0.5
        manner_BD = (own_BSD * (at_S < codes_B.unsqueeze(1)).unsqueeze(-1)).sum(1) / 4
        states_BSD = self.encoder(own_BSD + self.places(at_S), src_key_padding_mask=~mask_BS)
        at_BFD = fact_at_BF.clamp(min=0).unsqueeze(-1).expand(-1, -1, self.config.width)
        manner_B1D = self.manner(manner_BD).unsqueeze(1)
        facts_BFD = states_BSD.gather(1, at_BFD)
        memory = Memory(states_BSD, mask_BS, facts_BFD, fact_at_BF >= 0, say_BF, manner_B1D)
        mean_BD = (states_BSD * mask_BS.unsqueeze(-1)).sum(1) / mask_BS.sum(1, keepdim=True)
        lower_BH, upper_BH = torch.tanh(self.begin(torch.cat([mean_BD, manner_BD], -1))).chunk(2, dim=-1)
        return memory, Carry(lower_BH.unsqueeze(0).contiguous(), upper_BH.unsqueeze(0).contiguous())

    def write(self, memory: Memory, carry: Carry, written_BL: Tensor, said_BLF: Tensor) -> tuple[Tensor, Carry]:
        """Logits over V + F of what follows each of `written_BL`; `said_BLF` counts how often a fact was pointed at
        up to there."""
        out_BLD, carry = self._outputs(memory, carry, written_BL, said_BLF)
        facts_BLF = self._pointed(memory, out_BLD, said_BLF)
        return torch.cat([self._spelled(out_BLD), facts_BLF], -1), carry

    def _outputs(self, memory: Memory, carry: Carry, written_BL: Tensor, said_BLF: Tensor) -> tuple[Tensor, Carry]:
        heard_BLD = self.drop(self._written(memory, written_BL) + memory.manner_B1D)
        low_BLH, lower = self.lower(heard_BLD, carry.lower_1BH)
        seen_BLD = self._attend(memory, self.query(low_BLH))
        seen_BLD = seen_BLD + memory.manner_B1D + self._left(memory, said_BLF)
        high_BLH, upper = self.upper(torch.cat([low_BLH, seen_BLD], -1), carry.upper_1BH)
        out_BLD = torch.tanh(self.out(self.drop(torch.cat([high_BLH, seen_BLD], -1))))
        return out_BLD, Carry(lower, upper)

    def _written(self, memory: Memory, written_BL: Tensor) -> Tensor:
        """A fact that was pointed at comes back as its state."""
        v = self.config.vocabulary
        pieces_BLD: Tensor = self.pieces(written_BL.clamp(max=v - 1)) * self.config.width**0.5
        if memory.facts_BFD.shape[1] == 0:
            return pieces_BLD
        at_BLD = (written_BL - v).clamp(min=0).unsqueeze(-1).expand(-1, -1, self.config.width)
        facts_BLD = self.fact_in(memory.facts_BFD.gather(1, at_BLD))
        pointed_BL1 = (written_BL >= v).unsqueeze(-1)
        return torch.where(pointed_BL1, facts_BLD, pieces_BLD)

    def _attend(self, memory: Memory, query_BLD: Tensor) -> Tensor:
        scores_BLS = query_BLD @ memory.states_BSD.transpose(1, 2) / self.config.width**0.5
        weights_BLS = scores_BLS.masked_fill(~memory.mask_BS.unsqueeze(1), -1e9).softmax(-1)
        return torch.matmul(weights_BLS, memory.states_BSD)

    def _left(self, memory: Memory, said_BLF: Tensor) -> Tensor:
        """What has to be said and is not yet, summed up."""
        left_BLF = memory.say_BF.unsqueeze(1) & (said_BLF == 0)
        summed: Tensor = self.left(left_BLF.float() @ memory.facts_BFD / 2)
        return summed

    def _spelled(self, out_ND: Tensor) -> Tensor:
        """Logits of the pieces."""
        return nnf.linear(out_ND * self.config.width**0.5, self.pieces.weight, self.bias_V)

    def _pointed(self, memory: Memory, out_BLD: Tensor, said_BLF: Tensor) -> Tensor:
        """Logits of the facts."""
        keys_BDF = self.fact_key(memory.facts_BFD).transpose(1, 2)
        facts_BLF: Tensor = self.point(out_BLD) @ keys_BDF / self.config.width**0.5 + said_BLF * self.said(out_BLD)
        return facts_BLF.masked_fill(~memory.fact_mask_BF.unsqueeze(1), -1e9)

    def loss(self, memory: Memory, carry: Carry, written_BL: Tensor, counted_BL: Tensor) -> Tensor:
        """Teacher forcing: mean cross entropy (nats a piece) of each next piece where `counted_BL` says so."""
        said_BLF = counts_of(written_BL[:, :-1], self.config.vocabulary, memory.say_BF.shape[1])
        out_BLD, _ = self._outputs(memory, carry, written_BL[:, :-1], said_BLF)
        wanted = counted_BL[:, 1:]
        pieces_NV = self._spelled(out_BLD[wanted])
        facts_NF = self._pointed(memory, out_BLD, said_BLF)[wanted]
        return _cross_entropy(pieces_NV, facts_NF, written_BL[:, 1:][wanted])


def _cross_entropy(pieces_NV: Tensor, facts_NF: Tensor, target_N: Tensor) -> Tensor:
    """Of one softmax over both, without putting them side by side."""
    v = pieces_NV.shape[1]
    pointed_N = target_N >= v
    right_N = pieces_NV.gather(1, target_N.clamp(max=v - 1).unsqueeze(1)).squeeze(1)
    whole_N = pieces_NV.logsumexp(1)
    if facts_NF.shape[1]:
        fact_N = facts_NF.gather(1, (target_N - v).clamp(min=0).unsqueeze(1)).squeeze(1)
        right_N = torch.where(pointed_N, fact_N, right_N)
        whole_N = torch.logaddexp(whole_N, facts_NF.logsumexp(1))
    return (whole_N - right_N).mean()


def counts_of(written_BL: Tensor, vocabulary: int, facts: int) -> Tensor:
    """[B, L, F]: how often each fact was pointed at up to and with each place."""
    if facts == 0:
        return torch.zeros((*written_BL.shape, 0))
    places_F = torch.arange(vocabulary, vocabulary + facts, device=written_BL.device)
    return (written_BL.unsqueeze(-1) == places_F).float().cumsum(1)
