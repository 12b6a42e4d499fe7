"""Generated pictures: the same everywhere, and alike where the hierarchy says so."""

import hashlib

import numpy as np
import pytest

from cil.images.synthetic import class_look, synthetic_splits

IMAGES = {"train": 3, "val": 2}


@pytest.fixture(scope="module")
def ancestors(hierarchy):
    """What each class inherits its looks from."""
    return {
        wnid: {candidate.wnid: candidate.steps for candidate in hierarchy.candidates(wnid)}
        for wnid in hierarchy.classes
    }


def pictures(ancestors, classes, side=16, noise=0.8, seed=0, images=IMAGES):
    splits = synthetic_splits(ancestors, classes, side, images, noise, seed)
    return {
        split: tuple(np.concatenate(parts) for parts in zip(*chunks, strict=True))
        for split, chunks in splits.items()
    }


def test_every_machine_makes_the_same_bytes(ancestors):
    made = pictures(ancestors, sorted(ancestors))

    digest = hashlib.sha256()
    for split in ("train", "val"):
        for array in made[split]:
            digest.update(array.astype(array.dtype.newbyteorder("<")).tobytes())
    assert digest.hexdigest() == (
        "2fea152bf4ef58b7182354c802ee2567fe537faa14ea1b3eaf88ca8fee7bb508"
    )


def test_every_class_has_its_pictures(ancestors):
    made = pictures(ancestors, sorted(ancestors))

    for split, count in IMAGES.items():
        pixels, classes = made[split]
        assert pixels.shape == (count * 1000, 16, 16, 3)
        assert pixels.dtype == np.uint8
        assert set(np.bincount(classes)) == {count}
    assert len(np.unique(made["train"][0].reshape(3000, -1), axis=0)) == 3000


def test_a_class_looks_the_same_in_a_shorter_list(ancestors):
    few = sorted(ancestors)[100:110]
    pixels, classes = pictures(ancestors, sorted(ancestors))["train"]
    alone, their_classes = pictures(ancestors, few)["train"]

    for index in range(len(few)):
        np.testing.assert_array_equal(pixels[classes == index + 100], alone[their_classes == index])


def test_another_seed_makes_other_pictures(ancestors):
    few = sorted(ancestors)[:5]

    first, second = (pictures(ancestors, few, seed=seed)["train"][0] for seed in (0, 1))

    assert not np.array_equal(first, second)


def test_the_nearer_two_classes_are_the_more_alike_they_look(hierarchy, ancestors):
    """Mean correlation of looks: siblings, classes of one broad group, strangers."""
    classes = list(hierarchy.classes)
    looks = np.stack([class_look(ancestors[wnid], 16, 0).ravel() for wnid in classes])
    alike = np.corrcoef(looks)
    shared = np.array(
        [[len(ancestors[a].keys() & ancestors[b].keys()) for b in classes] for a in classes]
    )
    siblings = np.array(
        [
            [1 in (ancestors[a].get(p) for p, s in ancestors[b].items() if s == 1) for b in classes]
            for a in classes
        ]
    )
    others = ~np.eye(len(classes), dtype=bool)

    means = [
        alike[siblings & others].mean(),
        alike[(shared >= 9) & ~siblings & others].mean(),
        alike[(shared < 4) & others].mean(),
    ]
    assert means == sorted(means, reverse=True)
    assert means[0] > 0.6
    assert means[2] < 0.25


def test_merging_along_the_hierarchy_makes_the_task_easier(hierarchy, ancestors):
    """Nearest mean picture; groups of the same sizes dealt at random gain next to nothing."""
    made = pictures(ancestors, sorted(ancestors), side=8, images={"train": 10, "val": 3})
    (train, train_classes), (val, val_classes) = made["train"], made["val"]
    train, val = (split.reshape(len(split), -1).astype(float) for split in (train, val))
    means = np.stack([train[train_classes == index].mean(0) for index in range(1000)])
    guess = (val @ means.T - (means**2).sum(1) / 2).argmax(1)
    parents = [min(p for p, s in ancestors[wnid].items() if s == 2) for wnid in sorted(ancestors)]
    _, groups = np.unique(parents, return_inverse=True)
    dealt = np.random.default_rng(0).permutation(groups)

    right = (guess == val_classes).mean()
    merged = (groups[guess] == groups[val_classes]).mean()
    at_random = (dealt[guess] == dealt[val_classes]).mean()

    assert 0.1 < right < 0.9
    assert merged > right + 0.1
    assert merged > at_random + 0.08
