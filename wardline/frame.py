"""What stands around a page's content: who is signed in, where, and the ways their role may go."""

import hashlib
from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec

from wardline.identity.public import ROLE_WORDS, May, Role, device_is_ours
from wardline.platform.http import Context
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


class ShellCaller(msgspec.Struct, frozen=True):
    """The person as the top bar shows them."""

    display_name: str
    initials: str
    role_words: str
    hospital_name: str
    ward_name: str
    id: UUID
    hospital_id: UUID
    keep: str = ""  # a mark of the session, where the device may keep copies of pages for when the network is gone


def frame(settings: Settings) -> Callable[[Context, str, str, str], dict[str, Any]]:
    """The values of the shell for a request."""

    def values(ctx: Context, title: str, section: str, topic: str) -> dict[str, Any]:
        shared = {
            "title": title,
            "section": section,
            "env": settings.environment,
            "display": ctx.cookies.get("display", ""),
        }
        if not ctx.signed_in:
            return {"template": "bare.html", **shared, "section": "signin" if title == "Sign in" else ""}
        who = ctx.caller
        caller = ShellCaller(
            who.display_name,
            who.initials,
            ROLE_WORDS[Role(who.role)],
            who.tenant_name,
            who.place,
            who.id,
            who.tenant_id,
            _mark(who.session_id) if _may_keep(settings, ctx) else "",
        )
        nav = [
            {"href": item.href, "icon": item.icon, "label": item.label, "current": item.section == section}
            for item in NAV
            if ctx.may(item.needs)
        ]
        bell = f"bell:{who.tenant_id}:{who.role}" if ctx.may(May.READ_TASKS) else ""
        # A page that shows nothing live of its own still shows whether it hears the bell.
        return {
            "template": "shell.html",
            **shared,
            "caller": caller,
            "nav": nav,
            "live_topic": topic or bell,
            "bell_topic": bell,
        }

    return values


def _may_keep(settings: Settings, ctx: Context) -> bool:
    return settings.offline_copies == "every" or (settings.offline_copies == "registered" and device_is_ours(ctx))


def _mark(session_id: UUID) -> str:
    """Tells sessions apart, and opens none."""
    return hashlib.blake2b(session_id.bytes, digest_size=8, person=b"wardline-copies").hexdigest()
