# What steps take in: the files that depend on the configuration, and the part of the configuration
# that a step depends on. Functions only.

import os

from cil.images.prepare import KINDS
from cil.labels.make import STRATEGIES
from cil.search.by_name import SOURCES
from cil.votes.consensus import METHODS


def raw_pictures():
    """The file or folder of the raw pictures; empty where they are generated."""
    return config["dataset"]["path"] or KINDS[config["dataset"]["kind"]].archive


def raw_inputs(*more):
    """
    Inputs of a step that reads the raw pictures. What the user names and what is not there is
    left out, so that the step itself says what is missing, and why.
    """
    named = [config["dataset"]["path"], *more]
    ours = [] if raw_pictures() in named else [raw_pictures()]
    return ours + [path for path in named if path and os.path.exists(path)]


def dropped():
    """What any label set drops, and so the whole experiment."""
    return sorted({text for each in config["labelsets"].values() for text in each.get("drop", ())})


def pictures_in_words():
    """The data set, for captions of tables that are made without the pictures."""
    return KINDS[config["dataset"]["kind"]].in_words


def artifact(path):
    """What others than the configuration know by its path within the experiment, or by resources/."""
    return path if path.startswith("resources/") else result(path)


def images_inputs(wildcards):
    """What the image store is made from, besides the classes: it depends on the kind of pictures."""
    files = KINDS[config["dataset"]["kind"]].files
    return {name: artifact(path) for name, path in files.items()}


def images_config():
    """The part of `dataset` that decides what is in the image store."""
    dataset = config["dataset"]
    own = [dataset["kind"]] if KINDS[dataset["kind"]].keys else []
    keys = {key: dataset[key] for key in ("kind", "resolution", *own)}
    return {**keys, "path": raw_pictures()}


def votes_inputs(wildcards):
    """Where votes come from: files, or else the counts that simulated voters go by."""
    files = config["survey"]["votes"]
    return {"files": files} if files else {"counts": result("search/counts.parquet")}


def naming_inputs(wildcards):
    """What people called pictured things, where the configuration asks for it."""
    return {
        "manynames": {"spoken": "resources/published/lexical-info-en.tsv"},
    }.get(config["search"]["spoken"], {})


def labelset_inputs(wildcards):
    """The files that the strategy of a label set reads: counts, votes, a file, another set."""
    labelset = config["labelsets"][wildcards.labelset]
    return STRATEGIES[labelset["strategy"]].paths(labelset, result("").rstrip("/"))


def strategy_code(labelset):
    """The file of the strategy of a label set."""
    return STRATEGIES.file(config["labelsets"][labelset]["strategy"])


def search_config(source=None):
    """What the counts of a source depend on; the configuration's own source if none is given."""
    search = config["search"]
    own = source in (None, search["source"])
    source = source or search["source"]
    keys = search[source] if SOURCES[source].keys else {}
    if not SOURCES[source].is_service:
        return {"source": source, **keys}
    manners = ("repeats", "max_age_days", "max_failures", "timeout_seconds", "attempts")
    manners += ("backoff_seconds", "max_wait_seconds")
    return {
        "source": source,
        "store": f"resources/search/{source}.sqlite",
        "endpoint": search["endpoint"] if own else "",
        **{key: search[key] for key in manners},
        **keys,
    }


def search_inputs(wildcards):
    """The files that a source of counts reads."""
    return SOURCES[getattr(wildcards, "source", config["search"]["source"])].files


def search_compared():
    """The sources that are set beside the configuration's own."""
    return [each for each in config["search"]["compare"] if each != config["search"]["source"]]


def training_inputs(wildcards):
    """The label set of a run, and the model that it is finetuned from."""
    run = config["runs"][wildcards.run]
    inputs = {"labels": result(f"labels/{run['labels']}.json")}
    if "finetune" in run:
        parent = f"models/{run['finetune']}/seed{wildcards.seed}/model.safetensors"
        inputs["parent"] = result(parent)
    return inputs


def models(name):
    """The file `name` of every run with every seed."""
    return [
        result(f"models/{run}/seed{seed}/{name}")
        for run in config["runs"]
        for seed in range(config["training"]["seeds"])
    ]


def report_config():
    """What tables and figures need to know of the configuration."""
    labelsets, runs = config["labelsets"], config["runs"]
    original = [name for name, entry in labelsets.items() if entry["strategy"] == "original"]
    from_scratch = [
        name for name, run in runs.items() if run["labels"] in original and "finetune" not in run
    ]
    return {
        "reference": config["reference"],
        "source": from_scratch[0] if from_scratch else None,
        "seeds": config["training"]["seeds"],
        "runs": {
            name: {"labels": run["labels"], "finetune": run.get("finetune")}
            for name, run in runs.items()
        },
        "labelsets": list(labelsets),
        "controls": [
            name
            for name, entry in labelsets.items()
            if entry["strategy"] == "random" and entry["like"] == config["reference"]
        ],
    }


def exported_run():
    """
    The run that is handed on: the one that the configuration names, or the last finetuned one on
    the reference label set, or the last one there; empty if there is none.
    """
    runs = config["runs"]
    on_reference = [name for name, run in runs.items() if run["labels"] == config["reference"]]
    finetuned = [name for name in on_reference if "finetune" in runs[name]]
    return config["export"]["run"] or (finetuned or on_reference or list(runs) or [""])[-1]


def exported(path):
    """A file of the exported run, or of its label set."""
    run = exported_run()
    labels = config["runs"].get(run, {}).get("labels", "")
    return result(path.format(run=run, seed=config["export"]["seed"], labels=labels))


def export_pictures(wildcards):
    """The pictures on which the pretrained network is tried, if there are any."""
    pictures = config["export"]["pictures"]
    return {"pictures": pictures} if pictures else {}


def original_logits(wildcards):
    """The answers of the network of original labels, if there is one."""
    source = report_config()["source"]
    return {"logits": result(f"models/{source}/seed0/logits.npy")} if source else {}


def original_logits_of_all_seeds(wildcards):
    """The answers of the network of original labels with every seed, if there is one."""
    source = report_config()["source"]
    seeds = range(config["training"]["seeds"])
    names = [result(f"models/{source}/seed{seed}/logits.npy") for seed in seeds]
    return {"logits": names} if source else {}


def raw_sources():
    """Every raw file or folder that the experiment begins with: fetched, or named by the user."""
    labelsets = config["labelsets"].values()
    sources = [config["search"]["source"], *search_compared()]
    published = [path for source in sources for path in SOURCES[source].files.values()]
    published += KINDS[config["dataset"]["kind"]].files.values()
    published += naming_inputs(None).values()
    read = [path for each in labelsets for path in STRATEGIES[each["strategy"]].raw_files(each)]
    published = [path for path in published if path.startswith("resources/")]
    published += dict.fromkeys(path for path in read if path.startswith("resources/"))
    files = [path for path in read if path not in published] + config["survey"]["votes"]
    return [
        rules.wordnet.output.folder,
        *published,
        *raw_inputs(config["dataset"]["classes"], *files),
    ]
