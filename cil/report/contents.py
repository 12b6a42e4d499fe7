"""results/<experiment>/README.md: what each artifact is, one line each."""

from collections.abc import Iterable
from fnmatch import fnmatch

# By the pattern of a path within the experiment's folder, in the order of the data flow; the first
# that fits counts.
ARTIFACTS = {
    "hierarchy/wnids.txt": "the classes of the data set",
    "hierarchy/classes.parquet": "a row per class: names, definition, depth in WordNet",
    "hierarchy/synsets.parquet": "the same for classes and all their ancestors",
    "hierarchy/edges.parquet": "a row per parent link",
    "hierarchy/candidates.parquet": "the labels that each class may take, from general to specific",
    "search/counts.parquet": "how often each name is searched for or written",
    "search/familiarity.parquet": "how familiar each synset is, from these counts",
    "search/naming.parquet": "what makes each synset's name one that people say",
    "survey/votes.parquet": "the votes in force, one per voter and class",
    "survey/consensus.parquet": "the label that the voters agree on, for each class",
    "survey/agreement.json": "how far the voters agree, and whether they are simulated",
    "survey/classes.csv": "agreement by class",
    "survey/voters.csv": "agreement by voter",
    "survey/study.csv": "the consensus of simulated panels of 1 to 50 voters",
    "labels/*.json": "label set {labelset} as a drop-in label file, {{wnid: label}}",
    "labels/*.parquet": "label set {labelset} as a table, with numbers and synsets",
    "labels/*.md": "label set {labelset}: data card",
    "labels/*.pkl": "label set {labelset} for timm's --class-map",
    "labels/summary.csv": "sizes of all label sets",
    "labels/agreement.csv": "how far each label set agrees with the reference",
    "labels/moved.csv": "the classes that have other companions than in the reference",
    "labels/audit.csv": "what is odd in each label set",
    "labels/tree_cut.csv": "the automatic cut at 100 to 900 labels, and its agreement",
    "images/train.npy": "training pictures, N×H×W×3 uint8",
    "images/val.npy": "validation pictures, N×H×W×3 uint8",
    "images/*_classes.npy": "the class index of each picture",
    "images/meta.json": "what the pictures are and where they come from",
    "models/*/model.safetensors": "weights of run {run}",
    "models/*/logits.npy": "its answers to the validation pictures, before softmax",
    "models/*/history.csv": "its training, a row per epoch",
    "models/*/metrics.json": "its recipe, versions, device, time and accuracy",
    "evaluation/metrics.csv": "the scores of every run and seed in every label set",
    "evaluation/per_label.csv": "the same by label",
    "evaluation/per_class.csv": "the same by original class",
    "evaluation/forgiven.csv": "errors on original classes that a label set forgives",
    "evaluation/cuts.csv": "the network of original labels, scored on cuts of any size",
    "evaluation/correct.npz": "which pictures each run answers rightly",
    "tables/table1.*": "Table 1: accuracy on each label set",
    "tables/table2.*": "Table 2: from scratch or finetuned",
    "tables/baselines.*": "untrained answers, controls and chance beside trained networks",
    "tables/labelsets.*": "label sets side by side",
    "tables/tree_cut.*": "the automatic cut at 100 to 900 labels",
    "tables/search_counts.*": "sources of counts side by side",
    "tables/contested.*": "classes on which voters split",
    "tables/homonyms.*": "names of several meanings, and how their counts are shared out",
    "tables/voters.*": "how many voters a stable consensus needs",
    "figures/mapping.*": "Figure 1: the largest groups, with pictures",
    "figures/depths.*": "Figure 2: classes below dog at different depths",
    "figures/search_counts.*": "Figure 3: counts in the hierarchy",
    "figures/survey.*": "Figure 4: the survey application",
    "figures/curves.*": "Figure 5: error by epoch, from scratch and finetuned",
    "figures/per_label.*": "accuracy of each label against its number of classes",
    "figures/forgiven.*": "where the original network's errors fall, and which merging forgives",
    "figures/cuts.*": "accuracy against the number of labels",
    "figures/voters.*": "stability of the consensus by number of voters",
    "figures/labels.*": "the whole label set at a glance",
    "figures/tree_cut.*": "agreement of the automatic cut against its number of labels",
    "report/audit.html": "the audit of label sets as a page",
    "report/explorer.html": "a page to explore and edit the label sets in",
    "report/model_card.html": "the classifier's model card as a page",
    "export/pretrained.onnx": "a network trained on photographs, answering in the reference label "
    "set, for `cil classify`",
    "export/pretrained.md": "its card",
    "export/classifier.onnx": "the classifier to take away",
    "export/labels.json": "its labels, with the classes that each stands for",
    "export/parity.json": "how closely it answers as torch does",
    "export/README.md": "its model card",
    "provenance.json": "configuration, versions and the checksum of every file",
    "provenance.html": "the same as a page, with the run times of all steps",
}


def contents(experiment: str, paths: Iterable[str], note: str) -> str:
    """The page in Markdown, for files with `paths` relative to the experiment's folder."""
    folders: dict[str, list[str]] = {}
    for line_path, text in _lines(sorted(paths)):
        folder = line_path.partition("/")[0] if "/" in line_path else "."
        folders.setdefault(folder, []).append(f"- `{line_path}`: {text}")
    order = list(dict.fromkeys(pattern.partition("/")[0] for pattern in ARTIFACTS))
    ordered = sorted(folders, key=lambda f: order.index(f) if f in order else len(order))
    sections = [
        "\n".join([f"## {folder}/" if folder != "." else "## This folder", "", *folders[folder]])
        for folder in ordered
    ]
    return "\n\n".join([f"# Results of the experiment {experiment}", note, *sections]) + "\n"


def describe(path: str) -> str | None:
    """What the artifact at `path` is; None if nobody has said so."""
    name, stem = path.rpartition("/")[2], path.rpartition("/")[2].rpartition(".")[0]
    exact = ARTIFACTS.get(path)
    text = exact or next((text for each, text in ARTIFACTS.items() if fnmatch(path, each)), None)
    if text is None:
        return None
    run = "/".join(path.split("/")[1:-1])
    return text.format(labelset=stem, run=run, name=name)


def _lines(paths: list[str]) -> list[tuple[str, str]]:
    """A line per artifact; the forms of one table or figure share one."""
    lines: dict[str, tuple[str, list[str]]] = {}
    for path in paths:
        stem, _, kind = path.rpartition(".")
        shared = path.startswith(("tables/", "figures/"))
        lines.setdefault(stem if shared else path, (describe(path) or "", []))[1].append(kind)
    return [
        (
            f"{key}.{{{','.join(kinds)}}}"
            if len(kinds) > 1
            else (f"{key}.{kinds[0]}" if key.startswith(("tables/", "figures/")) else key),
            text,
        )
        for key, (text, kinds) in lines.items()
    ]
