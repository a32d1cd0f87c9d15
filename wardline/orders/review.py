"""The rules of the checks as a hospital sees them: what they are, who signed them off, how often somebody goes past them."""

from datetime import date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

from wardline.identity.public import May
from wardline.orders import cards, external, knowledge, review_queries
from wardline.orders.drugs import Release
from wardline.orders.knowledge import DiseaseRule, Knowledge, MeasureAge, Sourced, Washout
from wardline.orders.review_queries import NewSignature, RuleCount, Signature, Totals
from wardline.patients.public import today
from wardline.platform.errors import Busy, Invalid
from wardline.platform.http import Context, Input, get, post
from wardline.platform.ids import new_id

PERIOD_DAYS = 90
PERIOD_DAYS_MAX = 1100
INTERRUPTED_AIM = 20  # tier 1 under 1 in so many orders
OWN_TITLES = {
    "not_checked": "A check that could not run",
    "duplicate": "Duplicate therapy",
    "dose_absolute": "Dose over the absolute maximum",
    "dose_usual": "Dose outside the usual range",
}


class RuleShown(Struct, frozen=True, kw_only=True):
    """A rule of the knowledge base with where it comes from."""

    key: str
    tier: int
    title: str
    source: str
    version: str
    retrieved: date | None


class RulesPage(Struct, kw_only=True):
    """The knowledge base that runs here. It counts as `signed` while the newest signature is for exactly this content."""

    version: str
    digest: str
    signed: bool
    signatures: list[Signature]
    rules: list[RuleShown]
    disabled: list[RuleShown]
    washouts: list[Washout]
    ages: list[MeasureAge]
    drugs: int
    external: str = ""


class SignedRules(Input):
    """A signature, or its withdrawal, of the content with this digest, and what it rests on."""

    digest: Annotated[str, Meta(min_length=1, max_length=64)]
    words: Annotated[str, Meta(min_length=3, max_length=1000)]


class Period(Input):
    """A period by days, both counted; the last 90 without one."""

    since: date | None = None
    until: date | None = None


class RuleRate(Struct, kw_only=True):
    """What became of a rule in the period. `per_100_orders` counts showings."""

    rule: str
    title: str
    tier: int
    shown: int
    overridden: int
    override_percent: int
    per_100_orders: float
    reasons: dict[str, int]


class OverridesPage(Struct, kw_only=True):
    """How often each rule was shown at a signature and gone past, in a period."""

    since: date
    until: date
    signed: int
    interrupted: int
    one_in: int | None
    aim: int
    items: list[RuleRate]


@get(
    "/medicines/checks",
    needs=May.REVIEW_MEDICINE_RULES,
    page="orders/checks.html",
    title="Medicine checks",
    section="medicine_checks",
)
async def checks(ctx: Context) -> RulesPage:
    """The rules that run here, with their sources, and who signed them off."""
    return await _page(ctx)


async def _page(ctx: Context) -> RulesPage:
    rules = _rules()
    signatures = await review_queries.signatures(ctx.db, hospital_id=ctx.caller.tenant_id)
    return RulesPage(
        version=rules.version,
        digest=rules.digest,
        signed=bool(signatures) and signatures[0].state == "signed" and signatures[0].digest == rules.digest,
        signatures=signatures,
        rules=_shown(rules),
        disabled=[_rule(rule.key, rule.tier, rule.title, rule) for rule in rules.disabled],
        washouts=list(rules.washouts),
        ages=list(rules.measure_ages),
        drugs=len(rules.table.drugs),
        external=f"{external.name()} is asked beside these rules." if external.name() else "",
    )


def _rules() -> Knowledge:
    rules = knowledge.current()
    if rules is None:
        raise Busy("The knowledge base cannot be read.")
    return rules


def _shown(rules: Knowledge) -> list[RuleShown]:
    pairs = [_rule(rule.key, rule.tier, rule.title, rule) for rule in rules.pairs]
    limits = [_rule(f"dose_{limit.drug}", 1, f"Dose limits of {limit.drug}", limit) for limit in rules.limits]
    kidney = [_rule(f"renal_{rule.drug}", 2, f"{rule.drug} below {rule.below:g}", rule) for rule in rules.renal]
    cautions = [
        _rule(rule.key, 2, f"{', '.join(rule.drugs).replace('_', ' ')} {when}", rule)
        for group, when in ((rules.pregnancy, "in pregnancy"), (rules.ages, "by age"))
        for rule in group
    ]
    diseases = [_rule(rule.key, rule.tier, rule.title, rule) for rule in rules.diseases]
    forms = [_rule(rule.key, 1, f"Which form of {', '.join(rule.drugs)}", rule) for rule in rules.table.releases]
    return [*sorted(pairs, key=lambda rule: (rule.tier, rule.title)), *limits, *kidney, *diseases, *cautions, *forms]


def _rule(key: str, tier: int, title: str, fact: Sourced | DiseaseRule | Release) -> RuleShown:
    return RuleShown(
        key=key, tier=tier, title=title, source=fact.source, version=fact.version, retrieved=fact.retrieved
    )


@post("/medicines/checks/signature", needs=May.KEEP_MEDICINE_RULES, then="/medicines/checks")
async def sign(ctx: Context, given: SignedRules) -> RulesPage:
    """Sign the rules off for the hospital: from now on their cards stand without a warning."""
    return await _put(ctx, given, "signed")


@post("/medicines/checks/withdrawal", needs=May.KEEP_MEDICINE_RULES, then="/medicines/checks")
async def withdraw(ctx: Context, given: SignedRules) -> RulesPage:
    """Take the signature back: the checks go on, and their cards say that nobody has signed them off."""
    return await _put(ctx, given, "withdrawn")


async def _put(ctx: Context, given: SignedRules, state: str) -> RulesPage:
    rules = _rules()
    if given.digest != rules.digest:
        raise Invalid(fields={"digest": "The rules have changed since the page was opened: read them again."})
    new = NewSignature(
        hospital_id=ctx.caller.tenant_id,
        id=new_id(),
        state=state,
        version=rules.version,
        digest=rules.digest,
        words=given.words.strip(),
        actor_id=ctx.caller.id,
    )
    await review_queries.insert_signature(ctx.db, new, now=ctx.now)
    ctx.record(f"medicine_rules.{state}", subject_type="knowledge", detail={"version": rules.version})
    return await _page(ctx)


@get(
    "/medicines/overrides",
    needs=May.REVIEW_MEDICINE_RULES,
    page="orders/overrides.html",
    title="How often checks are gone past",
    section="medicine_checks",
)
async def overrides(ctx: Context, asked: Period) -> OverridesPage:
    """How often each rule was shown at a signature in the period, and how often somebody went past it, by reason."""
    since, until = _days(asked, today(ctx))
    zone = ZoneInfo(ctx.caller.time_zone)
    first = datetime(since.year, since.month, since.day, tzinfo=zone)
    last = datetime(until.year, until.month, until.day, tzinfo=zone) + timedelta(days=1)
    hospital_id = ctx.caller.tenant_id
    counts = await review_queries.rule_counts(ctx.db, hospital_id=hospital_id, since=first, until=last)
    totals = await review_queries.totals(ctx.db, hospital_id=hospital_id, since=first, until=last)
    return OverridesPage(
        since=since,
        until=until,
        signed=totals.signed,
        interrupted=totals.interrupted,
        one_in=round(totals.signed / totals.interrupted) if totals.interrupted else None,
        aim=INTERRUPTED_AIM,
        items=[_rate(count, totals) for count in counts],
    )


def _days(asked: Period, day: date) -> tuple[date, date]:
    until = asked.until or day
    since = asked.since or until - timedelta(days=PERIOD_DAYS - 1)
    if since > until:
        raise Invalid(fields={"since": "The first day is after the last."})
    if (until - since).days > PERIOD_DAYS_MAX:
        raise Invalid(fields={"since": f"At most {PERIOD_DAYS_MAX} days at once."})
    return since, until


def _rate(count: RuleCount, totals: Totals) -> RuleRate:
    return RuleRate(
        rule=count.rule,
        title=_title(count.rule),
        tier=count.tier,
        shown=count.shown,
        overridden=count.overridden,
        override_percent=round(100 * count.overridden / count.shown),
        per_100_orders=round(100 * count.shown / totals.signed, 1) if totals.signed else 0.0,
        reasons={code: getattr(count, code) for code in cards.REASONS},
    )


def _title(key: str) -> str:
    rules = knowledge.current()
    titles = {rule.key: rule.title for rule in (*rules.pairs, *rules.diseases)} if rules else {}
    return titles.get(key) or OWN_TITLES.get(key) or key.replace("_", " ").capitalize()
