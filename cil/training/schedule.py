"""The learning rate of every step."""

import math

from cil.training.recipe import Recipe


def learning_rate(recipe: Recipe, step: int, steps_per_epoch: int) -> float:
    """The learning rate of the optimiser step `step`, counted from 0 over the whole training.

    `step`: constant within an epoch, times `phase_factor` after each of `phases` equal parts;
    `cosine`: half a cosine from `learning_rate` to zero; `one-cycle`: straight up over the
    warm-up and straight down to zero. Warm-up rises in a straight line from zero.
    """
    epoch = step / steps_per_epoch
    if epoch < recipe.warmup_epochs:
        # The first step is not lost: rates are those of the steps' ends.
        return recipe.learning_rate * (step + 1) / (recipe.warmup_epochs * steps_per_epoch + 1)
    if recipe.schedule == "step":
        phase = (step // steps_per_epoch) * recipe.phases // recipe.epochs
        return recipe.learning_rate * recipe.phase_factor**phase
    done = (epoch - recipe.warmup_epochs) / (recipe.epochs - recipe.warmup_epochs)
    if recipe.schedule == "cosine":
        return recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * done))
    return recipe.learning_rate * (1 - done)


def resolution(recipe: Recipe, epoch: int, full: int) -> int:
    """The side in pixels at which `epoch` trains: progressive resizing.

    Rises in steps of a quarter of the way from `start_resolution`, rounded to 4 pixels (each
    new size costs a compilation), and stays at `full` for the last fifth of the epochs, at
    least for the last one.
    """
    start, rise = recipe.start_resolution, 0.8 * recipe.epochs
    if not start or start >= full or epoch >= min(rise, recipe.epochs - 1):
        return full
    side = start + (full - start) * math.floor(epoch / rise * 4) / 4
    return min(full, 4 * max(1, round(side / 4)))
