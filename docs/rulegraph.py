"""Draw docs/rulegraph.svg: the steps of the default experiment and what each waits for.

    uv run python docs/rulegraph.py

Needs Graphviz's `dot`. A step's colour is that of its file in rules/; links that follow from
others are left out.
"""

import re
import subprocess
import sys
from pathlib import Path

import networkx

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "rulegraph.svg"
# Fill colours by file, in the order in which the Snakefile includes them.
COLOURS = {
    "sources": "#e8e8e8",
    "hierarchy": "#e8e8e8",
    "search": "#fde3cf",
    "survey": "#f6dcec",
    "labels": "#d3ecdf",
    "images": "#e8e8e8",
    "training": "#cfe3f5",
    "evaluation": "#cfe3f5",
    "export": "#fdf3c4",
    "report": "#cfe3f5",
    "provenance": "#e8e8e8",
}


def rule_graph() -> networkx.DiGraph:
    """The rules as Snakemake links them, but for `all`."""
    command = [sys.executable, "-m", "snakemake", "--rulegraph", "dot", "--forceall"]
    dot = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    name = dict(re.findall(r'(\d+)\[label = "(\w+)"', dot))
    links = [(name[a], name[b]) for a, b in re.findall(r"(\d+) -> (\d+)", dot)]
    # A step that waits for another job of its own, as finetuning does, stays without a link.
    graph = networkx.DiGraph((a, b) for a, b in links if a != b and b != "all")
    # What lists or checks everything waits for everything: a link from each would hide the rest.
    graph.remove_nodes_from(["readme", "provenance", "record"])
    return networkx.transitive_reduction(graph)


def file_of_rules() -> dict[str, str]:
    """The file in rules/ of each rule."""
    return {
        rule: path.stem
        for path in (ROOT / "rules").glob("*.smk")
        for rule in re.findall(r"^rule (\w+):", path.read_text(encoding="utf-8"), re.MULTILINE)
    }


def as_dot(graph: networkx.DiGraph) -> str:
    """The graph for Graphviz."""
    files = file_of_rules()
    nodes = [f'{rule} [fillcolor="{COLOURS[files[rule]]}"];' for rule in sorted(graph)]
    links = [f"{above} -> {below};" for above, below in sorted(graph.edges)]
    return "\n".join(
        [
            "digraph rules {",
            'graph [nodesep=0.12, ranksep=0.3, bgcolor="white", margin=0.1];',
            'node [shape=box, style="rounded,filled", penwidth=0, height=0.28, margin="0.1,0.03",'
            ' fontname="Helvetica,Arial,sans-serif", fontsize=11];',
            'edge [color="#8a8a8a", penwidth=0.8, arrowsize=0.5];',
            *nodes,
            *links,
            "}",
        ]
    )


if __name__ == "__main__":
    svg = subprocess.run(
        ["dot", "-Tsvg"], input=as_dot(rule_graph()), check=True, capture_output=True, text=True
    ).stdout
    TARGET.write_text(svg[svg.index("<svg") :], encoding="utf-8")
