"""Extract WordNet's hierarchy above the classes of the data set."""

from pathlib import Path

from cil.logs import configure_logging
from cil.sources.hypernyms import hierarchy_above
from cil.sources.wordnet import open_wordnet

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    wnids = Path(snakemake.input.wnids).read_text(encoding="utf-8").split()
    wordnet = open_wordnet(Path(snakemake.input.wordnet))
    hierarchy_above(wnids, wordnet).write(Path(snakemake.output.classes).parent)
