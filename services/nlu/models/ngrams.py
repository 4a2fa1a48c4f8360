"""A linear model over hashed words, word pairs and character n-grams of the whole sentence.

Shapes: B sentences, F features present, C intents. With a few thousand sentences it errs elsewhere than the encoder
does; the two are blended.
"""

import torch
from torch import Tensor, nn


class LineModel(nn.Module):
    """Sums the rows of the features that are there, scaled by how many those are."""

    def __init__(self, buckets: int, intents: int) -> None:
        super().__init__()
        self.rows = nn.Embedding(buckets, intents)
        self.bias = nn.Parameter(torch.zeros(intents))
        nn.init.zeros_(self.rows.weight)

    def forward(self, bag_BF: Tensor) -> Tensor:
        """Logits. Absent features are -1."""
        there_BF1 = (bag_BF >= 0).unsqueeze(-1)
        summed_BC = (self.rows(bag_BF.clamp(min=0)) * there_BF1).sum(1)
        logits: Tensor = summed_BC / there_BF1.sum(1).clamp(min=1).sqrt() + self.bias
        return logits
