"""The joint network: a compact BERT over word and n-gram embeddings, an intent head and a slot head.

Shapes: B sentences, T tokens with the start mark first, G n-grams of a token, D width, C intents (out of scope is the
last), L slot labels, V words. After BERT for joint intent classification and slot filling (Chen et al. 2019,
https://arxiv.org/abs/1902.10909), with embeddings of its own.
"""

from collections.abc import Sequence
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
    pooled_BD: Tensor
    """What the intent head looks at."""


class Encoder(nn.Module):
    """Words and n-grams in, a vector for each token out."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.words = nn.Embedding(config.words, config.width, padding_idx=PAD)
        self.grams = nn.Embedding(config.grams, config.width, padding_idx=PAD)
        nn.init.normal_(self.words.weight, std=0.05)
        nn.init.normal_(self.grams.weight, std=0.05)
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

    def forward(self, words_BT: Tensor, grams_BTG: Tensor) -> Tensor:
        count_BT1 = (grams_BTG != PAD).sum(2, keepdim=True).clamp(min=1)
        flat_ND = functional.embedding_bag(grams_BTG.flatten(0, 1), self.grams.weight, mode="sum", padding_idx=PAD)
        gram_BTD = flat_ND.view(*words_BT.shape, -1) / count_BT1.sqrt()
        embedded_BTD = self.words(words_BT) + gram_BTD
        mask_BT = (words_BT != PAD).long()
        hidden: Tensor = self.bert(inputs_embeds=embedded_BTD, attention_mask=mask_BT).last_hidden_state
        return hidden


class JointModel(nn.Module):
    """The encoder with its heads."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.drop = nn.Dropout(config.head_dropout)
        self.pool = nn.Linear(3 * config.width, config.width)
        self.intent = nn.Linear(config.width, config.intents)
        self.two = nn.Linear(config.width, 1)
        self.label = nn.Linear(config.width, config.labels)

    def forward(self, words_BT: Tensor, grams_BTG: Tensor) -> Output:
        hidden_BTD = self.encoder(words_BT, grams_BTG)
        pooled_BD = torch.tanh(self.pool(self.drop(self._gather(hidden_BTD, words_BT))))
        seen_BD = self.drop(pooled_BD)
        return Output(self.intent(seen_BD), self.two(seen_BD).squeeze(-1), self.label(self.drop(hidden_BTD)), pooled_BD)

    def _gather(self, hidden_BTD: Tensor, words_BT: Tensor) -> Tensor:
        """The start mark, the mean and the highest of the tokens, side by side."""
        there_BT1 = (words_BT != PAD).unsqueeze(-1)
        mean_BD = (hidden_BTD * there_BT1).sum(1) / there_BT1.sum(1)
        most_BD = hidden_BTD.masked_fill(~there_BT1, -1e4).amax(1)
        return torch.cat([hidden_BTD[:, 0], mean_BD, most_BD], dim=-1)


class MaskedWords(nn.Module):
    """The head of pre-training: which word stood under a mask."""

    def __init__(self, encoder: Encoder, config: EncoderConfig) -> None:
        super().__init__()
        self.encoder = encoder
        self.turn = nn.Sequential(nn.Linear(config.width, config.width), nn.GELU(), nn.LayerNorm(config.width))
        self.bias = nn.Parameter(torch.zeros(config.words))

    def forward(self, words_BT: Tensor, grams_BTG: Tensor, masked_BT: Tensor) -> Tensor:
        """Logits [masked tokens, V]; the words' own embeddings score them."""
        hidden_MD = self.encoder(words_BT, grams_BTG)[masked_BT]
        scores: Tensor = self.turn(hidden_MD) @ self.encoder.words.weight.T + self.bias
        return scores


def weights(model: nn.Module, left_out: Sequence[str] = ()) -> dict[str, Tensor]:
    """The state as it is kept: half precision."""
    return {name: value.half() for name, value in model.state_dict().items() if name not in left_out}
