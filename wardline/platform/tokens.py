"""Short-lived signed tokens: proof that this server said something to this caller a little while ago.

A token is text for a form's hidden field. It carries nothing readable and is worthless to anybody else.
"""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta

_SIGNATURE_BYTES = 20
_secret = b""


def configure(secret: str) -> None:
    """Set the secret of this deployment; every process of it has the same."""
    global _secret
    _secret = hashlib.blake2b(secret.encode(), digest_size=32, person=b"wardline-token").digest()


def sign(purpose: str, parts: tuple[str, ...], *, now: datetime, life: timedelta) -> str:
    """A token that says `parts` for one purpose until its life is over."""
    ends = str(int((now + life).timestamp()))
    return f"{ends}.{_signature(purpose, parts, ends)}"


def holds(token: str, purpose: str, parts: tuple[str, ...], *, now: datetime) -> bool:
    """Whether the token says exactly these parts for this purpose and is still alive."""
    ends, _, signature = token.partition(".")
    if not ends.isascii() or not ends.isdigit() or len(ends) > 12 or not signature.isascii():
        return False
    return hmac.compare_digest(signature, _signature(purpose, parts, ends)) and int(ends) > now.timestamp()


def secret_of(purpose: str, parts: tuple[str, ...]) -> bytes:
    """32 bytes for these parts and this purpose: always the same, and made by nobody else."""
    if not _secret:
        raise RuntimeError("the secret of tokens is not configured")
    said = "\0".join((purpose, *parts)).encode()
    return hashlib.blake2b(said, key=_secret, digest_size=32, person=b"wardline-key").digest()


def _signature(purpose: str, parts: tuple[str, ...], ends: str) -> str:
    if not _secret:
        raise RuntimeError("the secret of tokens is not configured")
    said = "\0".join((purpose, ends, *parts)).encode()
    digest = hashlib.blake2b(said, key=_secret, digest_size=_SIGNATURE_BYTES).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
