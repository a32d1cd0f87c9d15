"""Findings in the shape of CDS Hooks 2.0: cards with summary, indicator, detail, source and reasons to go on."""

from uuid import UUID, uuid5

from msgspec import UNSET, Struct, UnsetType

from wardline.orders.models import NOT_CHECKED, Alert, Findings, NotChecked, Tier

SUMMARY_LENGTH_MAX = 140
INDICATORS = {Tier.INTERRUPTS: "critical", Tier.BESIDE: "warning", Tier.PASSIVE: "info"}
CARDS = UUID("6d1c1c3f-1f0b-5b0e-9a53-6f3ad7f4b0aa")  # a name space of our own, so that one alert is always one card
UNSIGNED = " (this hospital has not signed these rules off)"
REASONS = {
    "benefit_outweighs": "The benefit outweighs the risk; it will be watched",
    "tolerated": "The patient has taken this before and tolerated it",
    "specialist": "A specialist asked for it",
    "not_applicable": "It does not apply to this patient",
}


class Source(Struct, rename="camel", omit_defaults=True):
    label: str
    url: str | UnsetType = UNSET


class Coding(Struct):
    code: str
    display: str


class Suggestion(Struct, rename="camel"):
    label: str
    uuid: str


class Card(Struct, rename="camel", omit_defaults=True):
    """One card. `overrideReasons` are there where an answer is asked for."""

    uuid: str
    summary: str
    indicator: str
    detail: str
    source: Source
    suggestions: list[Suggestion] | UnsetType = UNSET
    override_reasons: list[Coding] | UnsetType = UNSET


def reasons() -> list[Coding]:
    """The coded reasons for going on."""
    return [Coding(code, display) for code, display in REASONS.items()]


def cards(findings: Findings, order: str) -> list[Card]:
    """A card for everything found, and one for everything that was not checked."""
    alerts = [of_alert(alert, order, signed=findings.signed) for alert in findings.alerts]
    return alerts + [of_gap(gap, order) for gap in findings.not_checked]


def of_alert(alert: Alert, order: str, *, signed: bool = True) -> Card:
    """The card of an alert; the same alert of an order is always the same card."""
    version = f", {alert.version}" if alert.version else ""
    version += "" if signed else UNSIGNED
    return Card(
        uuid=str(uuid5(CARDS, f"{order}|{alert.rule}|{alert.about}|{alert.summary}|{alert.tier.value}")),
        summary=_short(alert.summary),
        indicator=INDICATORS[alert.tier],
        detail="\n\n".join(filter(None, (alert.why, f"**What to do:** {alert.advice}" if alert.advice else ""))),
        source=Source(f"{alert.source}{version}"),
        suggestions=[Suggestion(alert.advice, str(uuid5(CARDS, f"{order}|{alert.advice}")))] if alert.advice else UNSET,
        override_reasons=reasons() if alert.tier is not Tier.PASSIVE else UNSET,
    )


def of_gap(gap: NotChecked, order: str) -> Card:
    """The card of a check that could not run; always the same one too, whatever the reason of a silent program is now."""
    same = gap.words if gap.title == NOT_CHECKED else f"{gap.title}: {gap.what}"
    return Card(
        uuid=str(uuid5(CARDS, f"{order}|{same}")),
        summary=_short(gap.words),
        indicator="warning" if gap.asks else "info",
        detail=f"{order}: {gap.words}. {gap.so}" if gap.title == NOT_CHECKED else gap.so,
        source=Source("Wardline's own checks"),
        override_reasons=reasons() if gap.asks else UNSET,
    )


def _short(words: str) -> str:
    return words if len(words) <= SUMMARY_LENGTH_MAX else words[: SUMMARY_LENGTH_MAX - 1] + "…"
