"""What numpy and torch do alike, under one name."""

from typing import Any

import numpy as np


def softmax(logits: Any) -> Any:
    """Probabilities over the last axis."""
    if not isinstance(logits, np.ndarray):
        return logits.softmax(-1)
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def largest(shares: Any) -> Any:
    """The largest of the last axis."""
    return shares.max(-1) if isinstance(shares, np.ndarray) else shares.amax(-1)


def stack(parts: list[Any]) -> Any:
    """Arrays of one shape, along a new last axis."""
    if isinstance(parts[0], np.ndarray):
        return np.stack(parts, -1)
    import torch

    return torch.stack(parts, -1)
