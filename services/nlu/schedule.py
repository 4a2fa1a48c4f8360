"""How the learning rate goes: up over a tenth of the steps, then down in a line."""

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

WARM_UP = 0.1


def one_cycle(optimiser: Optimizer, steps: int) -> LambdaLR:
    warm = max(1, int(steps * WARM_UP))
    return LambdaLR(optimiser, lambda step: min((step + 1) / warm, max(0.0, (steps - step) / max(1, steps - warm))))
