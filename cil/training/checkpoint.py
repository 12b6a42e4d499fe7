"""The state of a training on disk: one safetensors file, JSON in its header, never a pickle."""

import hashlib
import json
import logging
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from cil.errors import UserError
from cil.files import atomic_path
from cil.training.optimise import AveragedWeights

logger = logging.getLogger(__name__)


@dataclass
class Progress:
    """How far a training is: `step` optimiser steps of epoch `epoch` (from 0) are done.

    `losses` are those of these steps; `history` has a row per finished epoch; `seconds` is the
    time that the unfinished epoch took so far.
    """

    epoch: int = 0
    step: int = 0
    losses: list[float] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0


def write_tensors(path: Path, tensors: Mapping[str, Tensor], notes: Mapping[str, Any]) -> None:
    """Write tensors and JSON notes to one safetensors file, atomically."""
    with atomic_path(path) as temporary:
        try:
            save_file(_on_host(tensors), temporary, {"notes": json.dumps(notes)})
        except SafetensorError as error:
            # That of the system is in its text alone: "I/O error: … (os error 28)".
            number = re.search(r"\(os error (\d+)\)", str(error))
            if number is None:
                raise
            raise OSError(int(number[1]), os.strerror(int(number[1]))) from error


def read_tensors(path: str | Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """What `write_tensors` wrote; UserError if the file is missing or broken."""
    try:
        with safe_open(path, framework="pt") as file:
            notes = json.loads((file.metadata() or {}).get("notes", "{}"))
            # Copies: safetensors' own lie in a memory map of the file.
            return {name: file.get_tensor(name).clone() for name in file.keys()}, notes  # noqa: SIM118
    except (OSError, SafetensorError, json.JSONDecodeError) as error:
        raise UserError(f"{path}: no readable model ({error}); delete it") from None


class Checkpoints:
    """The checkpoint of one training, found again only by the very same training.

    Its file is named by a hash of `identity`: recipe, seed, labels, pictures, parent.
    """

    def __init__(self, folder: Path, identity: Mapping[str, Any]) -> None:
        self.folder, self.identity = folder, dict(identity)
        content = json.dumps(self.identity, sort_keys=True).encode()
        self.name = hashlib.sha256(content).hexdigest()[:24]
        self.path = folder / f"{self.name}.safetensors"

    def save(
        self,
        network: nn.Module,
        optimiser: torch.optim.Optimizer,
        average: AveragedWeights | None,
        progress: Progress,
        scaler: torch.amp.GradScaler | None = None,
    ) -> None:
        """Write everything that going on needs; the last checkpoint stands until it is whole."""
        tensors = {f"network/{name}": value for name, value in network.state_dict().items()}
        states = optimiser.state_dict()["state"]
        tensors |= {
            f"optimiser/{number}/{name}": value
            for number, state in states.items()
            for name, value in state.items()
            if isinstance(value, Tensor)
        }
        if average is not None:
            tensors |= {f"average/{name}": value for name, value in average.state.items()}
        tensors["random/cpu"] = torch.get_rng_state()
        if torch.cuda.is_available():
            tensors["random/cuda"] = torch.cuda.get_rng_state()
        tensors = _on_host(tensors)
        notes = {"identity": self.identity, "progress": vars(progress)}
        if scaler is not None:
            notes["scaler"] = scaler.state_dict()
        write_tensors(self.path, tensors, notes | {"sha256": _checksum(tensors, notes)})

    def load(
        self,
        network: nn.Module,
        optimiser: torch.optim.Optimizer,
        average: AveragedWeights | None,
        scaler: torch.amp.GradScaler | None = None,
    ) -> Progress:
        """Put the saved state in place and say how far it is; a fresh start if there is none."""
        if not self.path.exists():
            self._explain_others()
            return Progress()
        try:
            tensors, notes = self._read()
        except UserError as error:
            logger.warning("%s; the training begins anew", error)
            return Progress()
        network.load_state_dict(_below("network/", tensors))
        parameters = [p for group in optimiser.param_groups for p in group["params"]]
        state: dict[int, dict[str, Tensor]] = {}
        for name, value in _below("optimiser/", tensors).items():
            number, _, key = name.partition("/")
            # Fused steps go through memory in order: a momentum must lie as its weight does.
            laid_out = torch.empty_like(parameters[int(number)]).copy_(value)
            state.setdefault(int(number), {})[key] = laid_out
        groups = optimiser.state_dict()["param_groups"]
        optimiser.load_state_dict({"state": state, "param_groups": groups})
        if average is not None:
            average.load(_below("average/", tensors))
        if scaler is not None:
            scaler.load_state_dict(notes["scaler"])
        torch.set_rng_state(tensors["random/cpu"])
        if "random/cuda" in tensors and torch.cuda.is_available():
            torch.cuda.set_rng_state(tensors["random/cuda"])
        progress = Progress(**notes["progress"])
        logger.info("going on after epoch %d, step %d", progress.epoch, progress.step)
        return progress

    def _read(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Tensors and notes of the checkpoint; UserError if it is damaged or another training's."""
        tensors, notes = read_tensors(self.path)
        if notes.pop("sha256", None) != _checksum(tensors, notes):
            raise UserError(f"{self.path}: no readable model (its checksum is wrong); delete it")
        identity = json.loads(json.dumps(self.identity))  # tuples are lists in a file
        if notes.get("identity") != identity:
            changes = "; ".join(difference(notes.get("identity") or {}, identity))
            raise UserError(f"{self.path}: of another training: {changes}")
        return tensors, notes

    def remove(self) -> None:
        """Delete this training's checkpoint, and those of other recipes that it replaces."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _explain_others(self) -> None:
        for path in sorted(self.folder.glob("*.safetensors")):
            try:
                other = read_tensors(path)[1]["identity"]
            except (UserError, KeyError):
                continue
            logger.warning(
                "%s belongs to another training (%s); it is deleted when this one is done: to keep "
                "it, stop and copy it to another folder",
                path,
                "; ".join(difference(other, self.identity)),
            )


def difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """What differs between two identities, a phrase per key."""
    phrases = []
    for key in sorted(old.keys() | new.keys()):
        before, after = old.get(key), new.get(key)
        if before == after:
            continue
        if isinstance(before, dict) and isinstance(after, dict):
            phrases += [f"{key}.{phrase}" for phrase in difference(before, after)]
        else:
            phrases.append(f"{key} was {before}, is {after}")
    return phrases


def _on_host(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}


def _checksum(tensors: Mapping[str, Tensor], notes: Mapping[str, Any]) -> str:
    """A SHA-256 of the notes and of all tensors, which lie contiguous on the host."""
    digest = hashlib.sha256(json.dumps(notes).encode())
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.flatten().view(torch.uint8).numpy())
    return digest.hexdigest()


def _below(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }
