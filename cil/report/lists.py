"""What other steps list as CSV, as tables for readers: counts, homonyms, cuts, votes."""

from collections.abc import Iterable, Mapping
from typing import Any

from cil.report.table import Column, Measure, Table, clean_rows

HOMONYMS = (
    Column("name", "Name"),
    Column("definition", "Meaning"),
    Column("senses", "Senses in WordNet"),
    Column("tagged", "Times met in tagged texts"),
    Column("none", "Count of the name", digits=0),
    Column("share", "Share of this meaning", digits=2),
    Column("sense_share", "Count × share", digits=0),
    Column("context", "Word beside it in a search"),
)


def search_counts_table(rows: Iterable[Mapping[str, Any]], pictures: str) -> Table:
    """The sources of counts, from the rows of tables/search_counts.csv.

    `pictures`: the data set whose classes' names are counted, in words.
    """
    rows = clean_rows(rows)
    columns = [
        Column("source", "Source"),
        Column("names", "Names"),
        Column("missing", "Without a count"),
        Column("zero", "Counted zero"),
        Column("median", "Median count", digits=0),
        Column("maximum", "Highest count", digits=0),
        *(
            Column(key, f"Rank correlation with {key.removeprefix('spearman_')}", digits=2)
            for key in rows[0]
            if key.startswith("spearman_") and len(rows) > 1
        ),
    ]
    caption = (
        "Sources of counts for the names of this experiment's classes and of all above them. "
        "Counts have units of their own, so compare ranks: Spearman's rank correlation over the "
        f"names that both sources count. Data set: {pictures}."
    )
    return Table(columns, rows, caption, "search_counts")


def homonyms_table(rows: Iterable[Mapping[str, Any]]) -> Table:
    """Names of several meanings, from the rows of tables/homonyms.csv."""
    caption = (
        "Names that more than one synset has, and some that mean things beside the hierarchy: "
        "how much of the name's count belongs to each meaning, by how often the editors of "
        "WordNet met it, and the parent's word that a search sets beside the name to mean it."
    )
    return Table(HOMONYMS, clean_rows(rows), caption, "homonyms")


def tree_cut_table(rows: Iterable[Mapping[str, Any]], reference: str) -> Table:
    """Cuts of several sizes, from the rows of tables/tree_cut.csv."""
    columns = [
        Column("labels", "Labels"),
        Column("ari", "ARI", digits=2),
        Column("ari_rest", "ARI without largest group", digits=2),
        Column("v_measure", "V-measure", digits=2),
        Column("same_name", "Same name", digits=2),
        Column("moved", "Classes with other companions"),
        Column("largest_label", "Largest label"),
        Column("largest_size", "Its classes"),
    ]
    caption = (
        "The automatic cut through the hierarchy into 100 to 900 labels, and its agreement with "
        f"{reference}."
    )
    return Table(columns, clean_rows(rows), caption, "tree_cut")


def contested_table(rows: Iterable[Mapping[str, Any]]) -> Table:
    """Classes on which voters split, from the rows of tables/contested.csv."""
    rows = clean_rows(rows)
    columns = [
        Column("name", "Class"),
        Column("pairwise_agreement", "Pairs of voters that agree", digits=2),
        Column("voters", "Voters"),
        Column("unsure", "Of them unsure"),
        Column("votes", "Votes"),
    ]
    caption = "The classes on which the voters split most, the most contested first."
    if any(row["simulated"] for row in rows):
        caption += " The votes are simulated."
    return Table(columns, rows, caption, "contested")


def voters_table(rows: Iterable[Mapping[str, Any]]) -> Table:
    """How many voters a stable consensus needs, from the rows of tables/voters.csv."""
    rows = [
        {
            **row,
            "random_percent": 100 * row["random_voters"],
            "ari": Measure(row["ari_mean"], row["ari_std"] if row["panels"] > 1 else None),
        }
        for row in clean_rows(rows)
    ]
    columns = [
        Column("voters", "Voters"),
        Column("method", "Method"),
        Column("random_percent", "Answer at random (%)", digits=0),
        Column("ari", "ARI", digits=2),
        Column("labels", "Labels", digits=0),
        Column("panels", "Panels"),
    ]
    caption = (
        "Adjusted Rand index (ARI) of the consensus of few voters with that of 50 others, mean ± "
        "standard deviation over panels. All voters of this study are simulated."
    )
    return Table(columns, rows, caption, "voters")
