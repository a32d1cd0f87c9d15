"""Devices that belong to the hospital: an administrator registers one while signed in on it, and it carries the proof.

The proof is a signed cookie, good for one hospital. It opens nothing: it only lets a page be kept on the device,
encrypted, for when the network is gone (docs/adr/0135-offline.md).
"""

from datetime import timedelta

from wardline.platform import tokens
from wardline.platform.http import Context

COOKIE = "__Host-wardline-device"
LIFE = timedelta(days=365)
_PURPOSE = "device"


def device_is_ours(ctx: Context) -> bool:
    """Whether the device that asks is registered at the caller's hospital."""
    given = ctx.cookies.get(COOKIE, "")
    return bool(given) and tokens.holds(given, _PURPOSE, (str(ctx.caller.tenant_id),), now=ctx.now)


def register(ctx: Context) -> None:
    """Give the device its proof, for a year."""
    proof = tokens.sign(_PURPOSE, (str(ctx.caller.tenant_id),), now=ctx.now, life=LIFE)
    seconds = int(LIFE.total_seconds())
    ctx.set_cookie(f"{COOKIE}={proof}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={seconds}")
    ctx.record("device.registered", subject_id=ctx.caller.tenant_id)


def forget(ctx: Context) -> None:
    """Take the proof from the device."""
    ctx.set_cookie(f"{COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
    ctx.record("device.forgotten", subject_id=ctx.caller.tenant_id)
