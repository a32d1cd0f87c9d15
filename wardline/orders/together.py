"""What may be signed together with medicines: the laboratory above adds its tests, so that an order set can hold them."""

from collections.abc import Awaitable, Callable

from msgspec import Struct

from wardline.patients.public import PatientScope
from wardline.platform.errors import Invalid
from wardline.platform.http import Context


class Together(Struct, frozen=True):
    """Tests by code: their names, and how they are ordered for a patient in the transaction of the signature."""

    names: Callable[[Context], Awaitable[dict[str, str]]]
    order: Callable[[Context, PatientScope, list[str]], Awaitable[None]]


tests: list[Together] = []


async def names_of(ctx: Context, codes: list[str]) -> dict[str, str]:
    """The names of these tests and panels; Invalid names those that nobody offers."""
    if not codes:
        return {}
    known: dict[str, str] = {}
    for offered in tests:
        known |= await offered.names(ctx)
    unknown = [code for code in codes if code not in known]
    if unknown:
        raise Invalid(fields={"tests": f"The laboratory does not know: {', '.join(unknown)}."})
    return {code: known[code] for code in codes}


async def order(ctx: Context, patient: PatientScope, codes: list[str]) -> None:
    """Order these tests. Invalid where no laboratory is there to take them."""
    await names_of(ctx, codes)
    for offered in tests:
        known = await offered.names(ctx)
        mine = [code for code in codes if code in known]
        if mine:
            await offered.order(ctx, patient, mine)
