"""Draw accuracy against the number of labels."""

from cil.files import read_json
from cil.logs import configure_logging
from cil.report.figures.cuts import Point, draw_cuts
from cil.report.scores import DataSet, Scores, read_csv
from cil.report.style import save

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    given, config = snakemake.input, snakemake.params.config
    scores = Scores.read(given.metrics)
    points = []
    for name, path in zip(config["labelsets"], given.labelsets, strict=True):
        where = {"run": config["source"], "labels": name}
        rows = scores.select(method="sum", **where) or scores.select(method="direct", **where)
        if rows:
            labels = len(set(read_json(path).values()))
            points.append(Point(name, labels, [100 * row["top1"] for row in rows]))
    cuts = read_csv(given.cuts) if given.get("cuts") else []
    note = DataSet.read(given.meta).note(scores.simulated())
    figure = draw_cuts(cuts, points, config["source"], note)
    save(figure, snakemake.output.pdf, snakemake.output.png)
