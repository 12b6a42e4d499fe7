"""The sources of counts. A new one is a module here, a line below, and its keys in the schema."""

from collections.abc import Mapping
from typing import Any

from cil.errors import UserError
from cil.search.source import Lookup, QueuedService, Service
from cil.search.sources.published import Published
from cil.search.sources.wordfreq import WordFreq


def open_source(
    config: Mapping[str, Any], environment: Mapping[str, str], published: str | None = None
) -> Lookup | Service | QueuedService:
    """The source that `config["source"]` names, ready to be asked.

    Args:
        config: the `search` section of the configuration.
        environment: where keys are, by the names that `config` gives.
        published: the authors' file of counts, for the source `published`.

    Raises UserError if something that the source needs is missing; nothing was asked yet.
    """
    name = config["source"]
    match name:
        case "wordfreq":
            return WordFreq()
        case "published":
            return Published(published)
    raise UserError(f"search.source: there is no source {name!r}")
