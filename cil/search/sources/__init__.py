"""The sources of counts. A new one is a module here, a case below, its keys in the schema."""

from collections.abc import Mapping
from typing import Any

from cil.errors import UserError
from cil.search.source import Lookup, QueuedService, Service


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
    # Each is imported when it is wanted: what some need takes seconds to load.
    match config["source"]:
        case "wordfreq":
            from cil.search.sources.wordfreq import WordFreq

            return WordFreq()
        case "published":
            from cil.search.sources.published import Published

            return Published(published)
        case "infinigram":
            from cil.search.sources.infinigram import InfiniGram

            return InfiniGram(config)
        case "mediawiki":
            from cil.search.sources.mediawiki import MediaWiki

            return MediaWiki(config)
        case "dataforseo":
            from cil.search.sources.dataforseo import DataForSeoLive, DataForSeoQueue

            live = config["mode"] == "live"
            return (DataForSeoLive if live else DataForSeoQueue)(config, environment)
        case "google":
            from cil.search.sources.google import Google

            return Google(config, environment)
        case other:
            raise UserError(f"search.source: there is no source {other!r}")
