"""What stands around a page's content: who is signed in, where, and the ways their role may go."""

import hashlib
from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec

from wardline.identity.public import ROLE_WORDS, May, Role, device_is_ours
from wardline.platform.http import Context
from wardline.platform.moulds import Around
from wardline.platform.render import idempotency_key
from wardline.platform.settings import Settings


class NavItem(msgspec.Struct, frozen=True):
    """A way in the rail: shown to whoever holds the permission."""

    section: str
    href: str
    icon: str
    label: str
    needs: May


NAV = (
    NavItem("home", "/home", "layout-dashboard", "Home", May.READ_MEASURES),
    NavItem("pharmacy", "/pharmacy", "pill", "Drugs", May.VERIFY_MEDICINE),
    NavItem("wards", "/wards", "bed-single", "Wards", May.READ_WARD),
    NavItem("patients", "/patients", "users", "Patients", May.SEARCH_PATIENTS),
    NavItem("beds", "/beds", "bed-double", "Beds", May.READ_WARD),
    NavItem("worklist", "/tasks", "clipboard-list", "Worklist", May.READ_TASKS),
    NavItem("lab", "/lab", "flask-conical", "Lab", May.WORK_IN_LABORATORY),
    NavItem("stock", "/stock", "package", "Stock", May.READ_STOCK),
    NavItem("medicine_checks", "/medicines/checks", "shield-check", "Checks", May.KEEP_MEDICINE_RULES),
    NavItem("staff", "/staff", "id-card", "Staff", May.MANAGE_STAFF),
    NavItem("places", "/hospitals", "hospital", "Hospitals", May.MANAGE_WARDS),
    NavItem("audit", "/audit", "scroll-text", "Record", May.READ_AUDIT),
)


DISPLAYS = ("dark", "light", "compact", "roomy")


def frame(settings: Settings) -> Callable[[Context, str, str, str], Around]:
    """What stands around the content of a request: given the context, a title, a section and a topic."""

    def around(ctx: Context, title: str, section: str, topic: str) -> Around:
        given = ctx.cookies.get("display", "")
        display = " ".join(word for word in DISPLAYS if word in given)
        if not ctx.signed_in:
            return _bare(title, display)
        who = ctx.caller
        bell = f"bell:{who.tenant_id}:{who.role}" if ctx.may(May.READ_TASKS) else ""
        live = topic or bell  # a page that shows nothing live of its own still shows whether it hears the bell
        texts = {
            "title": title,
            "hospital_in_title": who.tenant_name if title != who.tenant_name else "",
            "caller.display_name": who.display_name,
            "caller.initials": who.initials,
            "caller.role_words": ROLE_WORDS[Role(who.role)],
            "caller.hospital_name": who.tenant_name,
            "caller.ward_name": who.place,
            "caller.id": str(who.id),
            "caller.hospital_id": str(who.tenant_id),
            # A mark of the session, where the device may keep copies of pages for when the network is gone.
            "caller.keep": _mark(who.session_id) if _may_keep(settings, ctx) else "",
            "live_topic": live,
            "also_topic": bell if bell != live else "",
            "bell_topic": bell,
            "shown_at": ctx.now.isoformat(),
            "zone_name": who.time_zone,
            "sign_out_key": idempotency_key(),
        }

        def values() -> dict[str, Any]:
            nav = [_link(item, section) for item in NAV if item.needs in who.permissions]
            return {"section": section, "env": settings.environment, "display": display, "nav": nav}

        return Around("shell.html", (section, display, who.permissions), values, texts)

    return around


def _bare(title: str, display: str) -> Around:
    """What stands around a page for nobody in particular."""
    section = "signin" if title == "Sign in" else ""
    return Around("bare.html", (section, display), lambda: {"section": section, "display": display}, {"title": title})


def _link(item: NavItem, section: str) -> dict[str, Any]:
    return {"href": item.href, "icon": item.icon, "label": item.label, "current": item.section == section}


def _may_keep(settings: Settings, ctx: Context) -> bool:
    return settings.offline_copies == "every" or (settings.offline_copies == "registered" and device_is_ours(ctx))


def _mark(session_id: UUID) -> str:
    """Tells sessions apart, and opens none."""
    return hashlib.blake2b(session_id.bytes, digest_size=8, person=b"wardline-copies").hexdigest()
