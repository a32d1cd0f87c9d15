"""The home of those who look after hospitals."""

from wardline.analytics import queries
from wardline.analytics.home import Facts, Place, headings, rows, tile
from wardline.analytics.measures import MEASURES
from wardline.analytics.models import HomePage, HomeQuery
from wardline.identity.public import May, managing_staff
from wardline.platform.errors import NotFound
from wardline.platform.http import Context, get


@get(
    "/home",
    needs=May.READ_MEASURES,
    page="analytics/home.html",
    title="{page.title}",
    section="home",
    load_class="reports",
)
async def home(ctx: Context, asked: HomeQuery) -> HomePage:
    """How the hospitals are doing: numbers without names, of the caller's hospital or of all that they administer."""
    everything = [
        Place(h.id, h.name, h.region_id, h.region) for h in await managing_staff.administered(ctx) if h.active
    ]
    places, narrowed = _narrow(everything, asked)
    ids = [p.id for p in places]
    facts = Facts(
        await queries.weekly(ctx.db, hospital_ids=ids), await queries.at_this_moment(ctx.db, hospital_ids=ids)
    )
    own = len(places) == 1 and places[0].id == ctx.caller.tenant_id
    may_open = own and ctx.may(May.READ_WARD)
    tiles = [tile(measure, facts, places, ctx.now, may_open=may_open) for measure in MEASURES]
    compared = asked.by if len(everything) > 1 and not narrowed else "all"
    return HomePage(
        title=narrowed or (places[0].name if len(places) == 1 else "The network"),
        hospitals=len(places),
        beds=facts.beds(ids),
        by=compared,
        narrowed=narrowed,
        off=sum(t.state == "off" for t in tiles),
        near=sum(t.state == "near" for t in tiles),
        measured=sum(t.state != "none" for t in tiles),
        tiles=tiles if compared == "all" or not ctx.html else [],
        headings=headings(),
        places=rows(facts, places, compared) if compared != "all" else [],
        several=len(everything) > 1,
    )


def _narrow(everything: list[Place], asked: HomeQuery) -> tuple[list[Place], str]:
    """The places asked for; NotFound when they are not the caller's."""
    if asked.hospital is not None:
        chosen = [p for p in everything if p.id == asked.hospital]
    elif asked.region is not None:
        chosen = [p for p in everything if p.region_id == asked.region]
    else:
        return everything, ""
    if not chosen:
        raise NotFound("There is no such place among those you look after.")
    return chosen, chosen[0].name if asked.hospital is not None else chosen[0].region
