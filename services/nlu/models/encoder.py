"""The joint network: a compact BERT over embeddings of words, n-grams and concepts; an intent head and a slot head.

Shapes: B sentences, T tokens with the start mark first, G n-grams and K concepts of a token, D width, C intents (out of
scope is the last), L slot labels, V words. After BERT for joint intent classification and slot filling (Chen et al.
2019, https://arxiv.org/abs/1902.10909), with embeddings of its own.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import BertConfig, BertModel

PAD = 0


@dataclass(frozen=True)
class EncoderConfig:
    words: int
    """Size of the vocabulary, reserved ids included."""
    grams: int
    """Rows of the n-gram table."""
    concepts: int
    """Rows of the concepts' table."""
    intents: int
    """Out of scope included."""
    labels: int
    width: int = 192
    layers: int = 3
    heads: int = 4
    inner: int = 768
    positions: int = 128
    dropout: float = 0.1
    head_dropout: float = 0.3


@dataclass(frozen=True)
class Output:
    intents_BC: Tensor
    """Logits of one choice."""
    two_B: Tensor
    """Logit: whether two wishes stand in it."""
    labels_BTL: Tensor
    """Logits, the start mark's included."""


class Encoder(nn.Module):
    """Words and n-grams in, a vector for each token out."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.words = nn.Embedding(config.words, config.width, padding_idx=PAD)
        self.grams = nn.Embedding(config.grams, config.width, padding_idx=PAD)
        self.concepts = nn.Embedding(config.concepts, config.width, padding_idx=PAD)
        for table in (self.words, self.grams, self.concepts):
            nn.init.normal_(table.weight, std=0.05)
        bert = BertConfig(
            vocab_size=1,
            hidden_size=config.width,
            num_hidden_layers=config.layers,
            num_attention_heads=config.heads,
            intermediate_size=config.inner,
            max_position_embeddings=config.positions,
            type_vocab_size=1,
            hidden_dropout_prob=config.dropout,
            attention_probs_dropout_prob=config.dropout,
        )
        self.bert = BertModel(bert, add_pooling_layer=False)

    def forward(self, words_BT: Tensor, grams_BTG: Tensor, concepts_BTK: Tensor) -> tuple[Tensor, Tensor]:
        """Embedded [B, T, D], and what BERT makes of it."""
        embedded_BTD = (
            self.words(words_BT) + _bag(grams_BTG, self.grams.weight) + _bag(concepts_BTK, self.concepts.weight)
        )
        mask_BT = (words_BT != PAD).long()
        hidden: Tensor = self.bert(inputs_embeds=embedded_BTD, attention_mask=mask_BT).last_hidden_state
        return embedded_BTD, hidden


def _bag(places_BTG: Tensor, table: Tensor) -> Tensor:
    """Sum of the rows that are there, scaled by how many those are."""
    count_BT1 = (places_BTG != PAD).sum(2, keepdim=True).clamp(min=1)
    summed_ND = functional.embedding_bag(places_BTG.flatten(0, 1), table, mode="sum", padding_idx=PAD)
    return summed_ND.view(*places_BTG.shape[:2], -1) / count_BT1.sqrt()


class JointModel(nn.Module):
    """The encoder with its heads."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.drop = nn.Dropout(config.head_dropout)
        self.pool = nn.Linear(4 * config.width, config.width)
        self.intent = nn.Linear(config.width, config.intents)
        self.two = nn.Linear(config.width, 1)
        self.label = nn.Linear(config.width, config.labels)

    def forward(self, words_BT: Tensor, grams_BTG: Tensor, concepts_BTK: Tensor) -> Output:
        embedded_BTD, hidden_BTD = self.encoder(words_BT, grams_BTG, concepts_BTK)
        there_BT1 = (words_BT != PAD).unsqueeze(-1)
        pooled_BD = torch.tanh(self.pool(self.drop(_gather(embedded_BTD, hidden_BTD, there_BT1))))
        seen_BD = self.drop(pooled_BD)
        labels_BTL = self.label(self.drop(hidden_BTD))
        return Output(self.intent(seen_BD), self.two(seen_BD).squeeze(-1), labels_BTL)


def _gather(embedded_BTD: Tensor, hidden_BTD: Tensor, there_BT1: Tensor) -> Tensor:
    """The start mark, the mean and the highest of the tokens, and the mean of what went in, side by side."""
    count_B1 = there_BT1.sum(1)
    mean_BD = (hidden_BTD * there_BT1).sum(1) / count_B1
    most_BD = hidden_BTD.masked_fill(~there_BT1, -1e4).amax(1)
    bag_BD = (embedded_BTD * there_BT1).sum(1) / count_B1.sqrt()
    return torch.cat([hidden_BTD[:, 0], mean_BD, most_BD, bag_BD], dim=-1)


class MaskedWords(nn.Module):
    """The head of pre-training: which word stood under a mask."""

    def __init__(self, encoder: Encoder, config: EncoderConfig) -> None:
        super().__init__()
        self.encoder = encoder
        self.turn = nn.Sequential(nn.Linear(config.width, config.width), nn.GELU(), nn.LayerNorm(config.width))
        self.bias = nn.Parameter(torch.zeros(config.words))

    def forward(self, words_BT: Tensor, grams_BTG: Tensor, concepts_BTK: Tensor, masked_BT: Tensor) -> Tensor:
        """Logits [masked tokens, V]; the words' own embeddings score them."""
        _, hidden_BTD = self.encoder(words_BT, grams_BTG, concepts_BTK)
        hidden_MD = hidden_BTD[masked_BT]
        scores: Tensor = self.turn(hidden_MD) @ self.encoder.words.weight.T + self.bias
        return scores
