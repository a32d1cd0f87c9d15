"""Likely matches for somebody being registered: compare with the whole network, show what each may see."""

from datetime import date, timedelta
from uuid import UUID

from wardline.identity.public import HospitalScope
from wardline.patients import lookups
from wardline.patients.forms import Typed
from wardline.patients.matching import LIKENESS_WORDS, Compared, Description, Likeness, Match, compare
from wardline.patients.models import AlikeRow, MatchedPatient, MatchField, MatchPage, Tick
from wardline.patients.rules import capitals, is_network_number, phone_digits, plain
from wardline.platform import tokens
from wardline.platform.http import Context

MATCHES_MAX = 5
TOKEN_LIFE = timedelta(minutes=15)
TOKEN_PURPOSE = "match"  # noqa: S105 (a purpose, not a password)
PEOPLE_OF_A_NETWORK = 10_000_000
PHONE_DIGITS_MIN = 7

LABELS = {
    "family": "Family name",
    "given": "Given names",
    "born": "Born",
    "sex": "Sex",
    "phone": "Mobile",
    "email": "Email",
    "postcode": "Postcode",
    "family_doctor": "Family doctor",
    "network_number": "Patient ID",
}
NOTHING_TO_SAY = frozenset({"Not typed"})


def enough_typed(typed: Typed, born: date | None) -> bool:
    """Whether a comparison can say anything yet."""
    names = bool(plain(typed.family)) and (bool(plain(typed.given)) or born is not None)
    return names or len(phone_digits(typed.mobile)) >= PHONE_DIGITS_MIN or is_network_number(typed.network_number)


async def likely_matches(ctx: Context, hospital: HospitalScope, typed: Typed, born: date | None) -> MatchPage:
    """Who the person being registered may be, the likeliest first. Reports whose details were shown."""
    if not enough_typed(typed, born):
        return MatchPage(items=[], very_likely=False, enough_typed=False)
    rows = await lookups.people_alike(
        ctx.db,
        hospital,
        family=typed.family,
        given=typed.given,
        born=born,
        mobile=typed.mobile,
        network_number="".join(typed.network_number.split()),
    )
    described = _typed_description(typed, born)
    compared = [(compare(described, _record_description(row), PEOPLE_OF_A_NETWORK), row) for row in rows]
    likely = sorted(
        ((match, row) for match, row in compared if match.likeness is not Likeness.NO),
        key=lambda pair: (pair[0].likeness is not Likeness.VERY_LIKELY, -pair[0].bits, pair[1].person_id),
    )[:MATCHES_MAX]
    if likely:
        ctx.saw("match", None, detail={"found": [str(row.person_id) for _, row in likely]})
    return MatchPage(
        items=[_shown(ctx, described, match, row) for match, row in likely],
        very_likely=any(match.likeness is Likeness.VERY_LIKELY for match, _ in likely),
        enough_typed=True,
    )


def token_for(ctx: Context, person_id: UUID) -> str:
    """Proof that the matching showed this person to this caller: without it an id opens nothing."""
    return tokens.sign(TOKEN_PURPOSE, _token_parts(ctx, person_id), now=ctx.now, life=TOKEN_LIFE)


def token_holds(ctx: Context, person_id: UUID, token: str) -> bool:
    """Whether the matching showed this person to this caller lately."""
    return tokens.holds(token, TOKEN_PURPOSE, _token_parts(ctx, person_id), now=ctx.now)


def _token_parts(ctx: Context, person_id: UUID) -> tuple[str, ...]:
    return (str(ctx.caller.id), str(ctx.caller.tenant_id), str(person_id))


def _typed_description(typed: Typed, born: date | None) -> Description:
    return Description(
        family=typed.family,
        given=typed.given,
        born=born,
        sex=typed.sex or "",
        phone=typed.mobile,
        email=typed.email,
        postcode=typed.postcode,
        family_doctor=typed.family_doctor,
        network_number=typed.network_number,
    )


def _record_description(row: AlikeRow) -> Description:
    return Description(
        family=row.family,
        given=row.given,
        born=row.born_on,
        born_estimated=row.born_estimated,
        sex=row.sex,
        phone=row.mobile,
        email=row.email,
        postcode=row.postcode,
        family_doctor=row.family_doctor,
        network_number=row.network_number,
        family_share=row.family_share,
        given_share=row.given_share,
    )


def _shown(ctx: Context, typed: Description, match: Match, row: AlikeRow) -> MatchedPatient:
    fields = [
        _field(compared, typed, _record_description(row), row.is_ours)
        for compared in match.fields
        if compared.word not in NOTHING_TO_SAY
    ]
    return MatchedPatient(
        person_id=row.person_id,
        network_number=row.network_number,
        family=capitals(row.family),
        given=row.given,
        title=row.title,
        likeness=match.likeness,
        likeness_words=LIKENESS_WORDS[match.likeness],
        is_ours=row.is_ours,
        photo_href=f"/patients/{row.person_id}/photo" if row.has_photo and row.is_ours else None,
        last_visit_at=row.last_visit_at,
        last_place=row.last_place,
        fields=fields,
        ticks=_ticks(match.fields, fields),
        token=token_for(ctx, row.person_id),
    )


def _field(compared: Compared, typed: Description, record: Description, is_ours: bool) -> MatchField:
    return MatchField(
        field=compared.field,
        label=LABELS[compared.field],
        typed=_words(compared.field, typed),
        record=_record_words(compared, record, is_ours),
        word=compared.word,
        is_equal=compared.is_equal,
        is_known=compared.word != "Not on record",
    )


def _words(field: str, side: Description) -> str:
    value = getattr(side, field)
    if field == "born":
        return f"{value:%d-%b-%Y}" if value else ""
    return str(value).capitalize() if field == "sex" else str(value)


def _record_words(compared: Compared, record: Description, is_ours: bool) -> str:
    """What the record says; of somebody of another hospital only as much as tells two people apart."""
    words = _words(compared.field, record)
    if not words or compared.word == "Not on record":
        return "Not on record"
    if compared.field == "family":
        return capitals(words)
    if is_ours or compared.is_equal or compared.field in ("given", "born", "sex"):
        return words
    if compared.field == "phone":
        return f"Ends {words[-3:]}"
    if compared.field == "postcode":
        return f"{words[:2]} …"
    return "Different"


def _ticks(compared: tuple[Compared, ...], fields: list[MatchField]) -> list[Tick]:
    """The comparison in a few words: "Name", "Born 14-Apr-1971", "Mobile ends 077"."""
    names = [field for field in compared if field.field in ("family", "given") and field.word != "Not typed"]
    worst = next((field.word for field in names if not field.is_equal), "")
    ticks = [Tick(is_equal=not worst, words=worst or "Name")] if names else []
    return ticks + [_tick(field) for field in fields if field.field not in ("family", "given")]


def _tick(field: MatchField) -> Tick:
    if field.is_equal:
        return Tick(is_equal=True, words=field.label)
    if not field.is_known:
        return Tick(is_equal=False, words=f"No {field.label.lower()}")
    if field.field == "born":
        return Tick(is_equal=False, words=f"Born {field.record}")
    if field.field == "phone":
        return Tick(is_equal=False, words=f"Mobile ends {field.record[-3:]}")
    return Tick(is_equal=False, words=field.record)
