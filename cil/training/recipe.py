"""How a classifier is trained: every choice that shapes the result, and nothing else."""

import dataclasses
import difflib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cil.errors import UserError

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recipe:
    """The choices of one training; the defaults are the paper's for training from scratch."""

    recipe: str = "paper"  # the preset that the rest started from
    network: str = "resnet18"  # or another classifier of torchvision or timm
    width: int = 64  # channels of a ResNet's first stage; 64 is the network as published
    stem: str = "auto"  # small: no stride, no pooling; original; auto: small below 128 pixels
    epochs: int = 40
    batch_size: int = 256
    learning_rate: float = 0.1
    schedule: str = "step"  # step, cosine (to zero) or one-cycle (up and down, straight)
    phases: int = 4  # step: equal parts of the training; 4 of 40 epochs: every 10
    phase_factor: float = 0.5  # step: the rate's factor from one part to the next
    warmup_epochs: float = 0.0  # the rate rises from zero; one-cycle: the way up
    momentum: float = 0.9
    nesterov: bool = False
    weight_decay: float = 1e-4
    decay_norm_and_bias: bool = True  # torch's habit; False exempts batch norm and biases
    label_smoothing: float = 0.0
    flip: bool = True
    crop_padding: int = 0  # random crop out of a picture padded by this many black pixels
    mixup: float = 0.0  # alpha of the Beta distribution; 0: none
    ema_epochs: float = 0.0  # mean life of the averaged weights, in epochs; 0: none
    start_resolution: int = 0  # progressive resizing: side in the first epoch; 0: none
    precision: str = "auto"  # bf16 or fp16 (autocast), tf32 (CUDA), fp32; auto: what is fast
    deterministic: bool = False  # CUDA: bit-identical, slower; the CPU always is
    init: str = "random"  # finetuning: the last layer at random, or merged from its parent's rows
    freeze_epochs: int = 0  # finetuning: train only the last layer at first
    head_learning_rate: float | None = None  # finetuning: the last layer's own rate

    @classmethod
    def from_config(cls, config: Mapping[str, Any], finetune: bool = False) -> "Recipe":
        """The preset that `config["recipe"]` names, changed by the other keys of `config`.

        A key whose value is None counts as not given, and one of FOR_FINETUNING where nothing is
        finetuned. Raises UserError for an unknown key, an unknown preset, or a value of another
        type or out of its range.
        """
        given = {key: value for key, value in config.items() if value is not None}
        _check_types(given)
        name = given.get("recipe", "paper")
        if name not in PRESETS:
            raise UserError(f"recipe: found {name!r}; known are {', '.join(PRESETS)}")
        idle = () if finetune else [key for key in FOR_FINETUNING if key in given]
        if idle:
            logger.info("training: from scratch, without %s, for finetuning alone", ", ".join(idle))
        preset = PRESETS[name] | (FINETUNING[name] if finetune else {})
        choices = preset | {key: value for key, value in given.items() if key not in idle}
        if name in WARM_UP and "warmup_epochs" not in choices:
            choices["warmup_epochs"] = WARM_UP[name] * choices.get("epochs", cls.epochs)
        recipe = cls(**choices)
        recipe._check()
        return recipe

    def as_dict(self) -> dict[str, Any]:
        """The choices by name, ready for JSON."""
        return dataclasses.asdict(self)

    def _check(self) -> None:
        for key, allowed in CHOICES.items():
            if getattr(self, key) not in allowed:
                raise UserError(
                    f"training key {key}: found {getattr(self, key)!r}; "
                    f"allowed are {', '.join(allowed)}"
                )
        for key, (low, high) in RANGES.items():
            value = getattr(self, key)
            if value is not None and not low <= value <= high:
                raise UserError(f"training key {key}: found {value}; allowed: {low} to {high}")
        if self.freeze_epochs > self.epochs or self.warmup_epochs > self.epochs:
            raise UserError(
                f"training keys freeze_epochs ({self.freeze_epochs}) and warmup_epochs "
                f"({self.warmup_epochs}): more than epochs ({self.epochs}); lower them"
            )
        if self.nesterov and not self.momentum:
            raise UserError(
                "training keys nesterov (true) and momentum (0): Nesterov's momentum is more than "
                "0; set nesterov: false"
            )
        if self.head_learning_rate and not self.learning_rate:
            raise UserError(
                f"training keys learning_rate (0) and head_learning_rate "
                f"({self.head_learning_rate:g}): both rise and fall together; give a "
                f"learning_rate above 0, and freeze_epochs: {self.epochs} to train the last layer "
                "alone"
            )


def _check_types(given: Mapping[str, Any]) -> None:
    """UserError for a key that there is not, or a value that is not of its key's type."""
    types = {field.name: field.type for field in dataclasses.fields(Recipe)}
    for key, value in given.items():
        if key not in types:
            near = difflib.get_close_matches(key, types, n=1) or [", ".join(types)]
            raise UserError(f"training key {key}: unknown; did you mean {near[0]}?")
        allowed, words = TYPES[types[key]]
        if type(value) not in allowed:
            raise UserError(f"training key {key}: found {value!r}; expected {words}")


# What a key may be, by how its field is annotated.
TYPES: dict[Any, tuple[tuple[type, ...], str]] = {
    str: ((str,), "a word"),
    bool: ((bool,), "true or false"),
    int: ((int,), "a whole number"),
    float: ((float, int), "a number"),
    float | None: ((float, int), "a number"),
}

# The keys that count for finetuning alone.
FOR_FINETUNING = ("init", "freeze_epochs", "head_learning_rate")


CHOICES = {
    "stem": ("auto", "small", "original"),
    "schedule": ("step", "cosine", "one-cycle"),
    "precision": ("auto", "bf16", "fp16", "tf32", "fp32"),
    "init": ("random", "merged"),
}

RANGES = {
    "width": (1, 1024),
    "epochs": (1, 10_000),
    "batch_size": (1, 65_536),
    "learning_rate": (0, 100),
    "phases": (1, 1000),
    "phase_factor": (0, 1),
    "warmup_epochs": (0, 1000),
    "momentum": (0, 0.9999),
    "weight_decay": (0, 1),
    "label_smoothing": (0, 0.9),
    "crop_padding": (0, 64),
    "mixup": (0, 10),
    "ema_epochs": (0, 1000),
    "start_resolution": (0, 512),
    "freeze_epochs": (0, 10_000),
    "head_learning_rate": (0, 100),
}

PRESETS: dict[str, dict[str, Any]] = {
    "paper": {"recipe": "paper"},
    # For a few epochs of few pictures: more steps, and a rate that falls to zero.
    "short": {
        "recipe": "short",
        "schedule": "one-cycle",
        "warmup_epochs": 1.0,
        "batch_size": 64,
    },
    "strong": {
        "recipe": "strong",
        "schedule": "one-cycle",
        "nesterov": True,
        "weight_decay": 5e-4,
        "decay_norm_and_bias": False,
        "label_smoothing": 0.1,
        "crop_padding": 4,
    },
}

# The warm-up that a preset takes, as a share of the epochs.
WARM_UP = {"strong": 0.15}

# What finetuning does otherwise. The paper's: learning rate 0.1 halved every 2 of 10 epochs.
FINETUNING: dict[str, dict[str, Any]] = {
    "paper": {"epochs": 10, "phases": 5},
    "short": {"epochs": 10, "init": "merged", "warmup_epochs": 0.5},
    "strong": {
        "epochs": 10,
        "init": "merged",
        "learning_rate": 0.02,
        "schedule": "cosine",
        "warmup_epochs": 0.0,
    },
}
