"""All sources of counts by name, and how one is opened."""

from collections.abc import Mapping
from typing import Any

from cil.configuration.registry import Registry
from cil.search.source import Lookup, QueuedService, Service, Source

SOURCES: Mapping[str, Source] = Registry("cil.search.sources", "SOURCE")


def open_source(
    config: Mapping[str, Any],
    environment: Mapping[str, str],
    files: Mapping[str, str] | None = None,
) -> Lookup | Service | QueuedService:
    """The source that `config["source"]` names, ready to be asked.

    Args:
        config: what the source depends on: `source` and, for a service, the keys of `Manners`,
            `endpoint`, and its own section of the configuration.
        environment: where keys are, by the names that `config` gives.
        files: the paths of the files that it reads.

    Raises UserError if something that the source needs is missing; nothing was asked yet.
    """
    return SOURCES[config["source"]].open(config, environment, files or {})
