"""Label sets of a large class list: time and memory of making, comparing and auditing.

Usage: python benchmarks/labels.py [CLASSES]   (as `dataset.classes`; default: imagenet-21k)
"""

import argparse
import resource
import sys
import time
from pathlib import Path

from cil.images.class_list import class_list
from cil.labels import automatic
from cil.labels.agreement import agreement_table, moved_table
from cil.labels.audit import audit, audit_table
from cil.labels.naming import naming_table
from cil.labels.strategies.ancestor import ancestor
from cil.labels.strategies.entry_level import entry_level
from cil.labels.strategies.search_count import search_count
from cil.search.counts import count_names
from cil.search.sources.wordfreq import WordFreq
from cil.sources.hypernyms import hierarchy_above
from cil.sources.nouns import Nouns
from cil.sources.wordnet import open_wordnet

WORDNET = Path(__file__).resolve().parents[1] / "resources" / "wordnet"


def main() -> None:
    """Print a line per step: seconds of wall clock so far, and peak memory."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("classes", nargs="?", default="imagenet-21k")
    started = time.perf_counter()

    def done(step: str) -> None:
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        seconds = time.perf_counter() - started
        processor = time.process_time()
        sys.stdout.write(
            f"{step:12} {seconds:6.1f} s wall, {processor:6.1f} s CPU, {memory:5.0f} MiB\n"
        )

    nouns = Nouns(WORDNET)
    classes = class_list("synthetic", "", parser.parse_args().classes, WORDNET)
    hierarchy = hierarchy_above(classes, open_wordnet(WORDNET))
    done("hierarchy")
    sys.stdout.write(f"{len(classes):,} classes that WordNet 3.0 holds\n")
    names = sorted({synset.name for synset in hierarchy.synsets.values()})
    counts = count_names(WordFreq(), names, {})
    done("counts")
    naming = naming_table(hierarchy, nouns, counts).set_index("wnid")
    done("naming")
    by_name = counts.set_index("name")["count"].to_dict()
    familiarity = {wnid: by_name[hierarchy.name(wnid)] for wnid in hierarchy.synsets}
    labelsets = {
        "one-up": ancestor(hierarchy, 1),
        "two-up": ancestor(hierarchy, 2, "longest"),
        "search-count": search_count(hierarchy, familiarity, ["authors"]),
        "entry-level": entry_level(hierarchy, familiarity, 0.35),
    }
    done("strategies")
    labelsets["tree-cut"] = automatic.tree_cut(hierarchy, naming, len(classes) // 2)
    done("tree-cut")
    agreement_table(labelsets)
    moved_table(labelsets, "tree-cut")
    done("agreement")
    findings = audit_table(hierarchy, {name: audit(each) for name, each in labelsets.items()})
    done("audit")
    sys.stdout.write(f"{len(findings):,} findings\n")


if __name__ == "__main__":
    main()
