"""How often people called pictured things by a name: ManyNames (CC BY 4.0).

Silberer, Zarrieß, Boleda 2020, *Object naming in language and vision: a survey and a new dataset*:
36 people each named the thing in a box on 25,000 photographs.
"""

from pathlib import Path

import pandas

from cil.errors import UserError

FILE = "lexical-info-en.tsv"


def read_spoken(path: str | Path) -> dict[str, float]:
    """How many answers each name is, by name in lower case. Raises UserError for another file."""
    try:
        table = pandas.read_csv(path, sep="\t", keep_default_na=False)
        counts = pandas.to_numeric(table["n_tokens"])
    except (OSError, ValueError, KeyError) as error:
        raise UserError(
            f"{path}: not ManyNames' table of names, with columns name and n_tokens ({error}); "
            "delete the file and run again"
        ) from None
    return dict(zip(table["name"].str.lower(), counts.astype(float), strict=True))
