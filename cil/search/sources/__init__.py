"""The sources of counts. A new one is a module here, a line below, and its keys in the schema."""

from collections.abc import Mapping
from typing import Any

from cil.errors import UserError
from cil.search.source import Lookup, QueuedService, Service
from cil.search.sources.dataforseo import DataForSeoLive, DataForSeoQueue
from cil.search.sources.google import Google
from cil.search.sources.infinigram import InfiniGram
from cil.search.sources.mediawiki import MediaWiki
from cil.search.sources.published import Published
from cil.search.sources.wordfreq import WordFreq


def open_source(
    config: Mapping[str, Any], environment: Mapping[str, str], published: str | None = None
) -> Lookup | Service | QueuedService:
    """The source that `config["source"]` names, ready to be asked.

    Args:
        config: what the source depends on: `source` and, for a service, the keys of `Manners`,
            `endpoint`, and its own section of the configuration.
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
        case "infinigram":
            return InfiniGram(config)
        case "mediawiki":
            return MediaWiki(config)
        case "dataforseo" if config["mode"] == "live":
            return DataForSeoLive(config, environment)
        case "dataforseo":
            return DataForSeoQueue(config, environment)
        case "google":
            return Google(config, environment)
    raise UserError(f"search.source: there is no source {name!r}")
