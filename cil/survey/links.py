"""Personal links: who may open what, without accounts and without a list of tokens.

A link ends in `<id>-<seal>`, the seal being an HMAC of the id under the survey's secret: 192
bits that cannot be guessed, are compared in constant time, and need not be stored.
"""

import base64
import hashlib
import hmac

ADMIN = "admin"
_SLASH = "\u2044"  # the fraction slash: stands in a token for "/" in the id of a file's voter

_SEAL_LENGTH = 32  # characters


def _seal(secret: bytes, purpose: str, text: str) -> str:
    digest = hmac.digest(secret, f"{purpose}:{text}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest[:24]).decode()


def token_of(secret: bytes, holder: str, room: str = "voter") -> str:
    """The token in the personal link of a voter, or in another `room` of somebody else."""
    # In an address "/" would end the token, even written as "%2F".
    return f"{holder.replace('/', _SLASH)}-{_seal(secret, room, holder)}"


def admin_token(secret: bytes) -> str:
    """The token in the administrator's link."""
    return token_of(secret, ADMIN, room="admin")


def holder_of(secret: bytes, token: str, room: str = "voter") -> str | None:
    """The id that a token was made for, or None if it wasn't made under this secret."""
    # An id may hold dashes, and so may a seal, whose length is fixed.
    holder = token[: -_SEAL_LENGTH - 1].replace(_SLASH, "/")
    right = token_of(secret, holder, room)
    return holder if hmac.compare_digest(right.encode(), token.encode()) else None


def form_seal(secret: bytes, token: str) -> str:
    """What a form of the holder of `token` carries, so that no other site can forge it."""
    return _seal(secret, "form", token)


def form_is_ours(secret: bytes, token: str, seal: str) -> bool:
    """Whether a form that was sent carries the seal of the token in its address."""
    return hmac.compare_digest(form_seal(secret, token).encode(), seal.encode())
