"""The address of a service and the keys to it."""

import base64
import json
from collections.abc import Mapping, Sequence
from urllib.parse import quote, quote_plus, urlsplit

from cil.errors import UserError


def checked_endpoint(endpoint: str, default: str) -> str:
    """The address to ask, without a slash at the end; UserError for one that is not usable."""
    address = endpoint or default
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
        raise UserError(
            f"search.endpoint: found {address!r}; expected an address such as {default}"
        )
    if parts.username or parts.password:
        raise UserError(
            "search.endpoint: a login does not belong into the address, which is kept with every "
            "answer; take it out"
        )
    return address.rstrip("/")


def secrets_from(environment: Mapping[str, str], variables: Mapping[str, str]) -> dict[str, str]:
    """The values of environment variables, by what they are for.

    Args:
        variables: the configuration key and the name of the variable that it gives.

    Raises UserError that names every variable that is missing or empty.
    """
    missing = [
        f"{name} (search.{key})" for key, name in variables.items() if not environment.get(name)
    ]
    if missing:
        raise UserError(
            f"environment variable{'s' * (len(missing) > 1)} not set: {', '.join(missing)}; "
            "set them and run again, or choose another search.source; nothing was asked"
        )
    return {key: environment[name] for key, name in variables.items()}


def spellings(secrets: Sequence[str]) -> list[str]:
    """Each secret as it is, in an address and in JSON, and all as a basic login; longest first."""
    forms = set(secrets)
    forms |= {quote(secret, safe="") for secret in secrets}
    forms |= {quote_plus(secret) for secret in secrets}
    forms |= {json.dumps(secret)[1:-1] for secret in secrets}
    forms |= {form.replace("/", "\\/") for form in forms}
    forms |= {base64.b64encode(":".join(secrets).encode()).decode()} if secrets else set()
    return sorted(forms, key=len, reverse=True)
