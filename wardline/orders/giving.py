"""What giving needs of an order: its line as it was understood, in words, and that it stands while a dose is recorded."""

import functools

import msgspec

from wardline.orders import knowledge, views
from wardline.orders.drugs import Drug, DrugTable
from wardline.orders.lines import MedicineLine

# Part of the statement that records a dose: the order as it was read, held against being stopped or changed until the end
# of the transaction. Two doses of one order do not wait for each other.
STANDS = """
    SELECT 1 FROM orders.medicine m
     WHERE m.hospital_id = :seen.hospital_id AND m.id = :seen.medicine_id AND m.version = :seen.order_version AND m.state = 'active'
       FOR SHARE OF m
"""


def line_from(stored: str) -> MedicineLine:
    """The structured line of an order as it is stored."""
    return msgspec.json.decode(stored, type=MedicineLine)


def drugs_named(name: str) -> tuple[Drug, ...] | None:
    """The ingredients that a name, an ATC or an RxNorm code stands for; empty when the table does not know it, None while
    there is no table."""
    rules = knowledge.current()
    if rules is None:
        return None
    found = rules.table.find(name)
    return found.drugs if found else _by_code(rules.table).get(name.strip().upper(), ())


@functools.cache
def _by_code(table: DrugTable) -> dict[str, tuple[Drug, ...]]:
    """Single ingredients by their codes; a code of several is no code of one."""
    found: dict[str, tuple[Drug, ...]] = {}
    for drug in table.drugs.values():
        for code in filter(None, (*drug.atc, drug.rxnorm)):
            found[code.upper()] = (*found.get(code.upper(), ()), drug)
    return {code: drugs for code, drugs in found.items() if len(drugs) == 1}


def shown_name(name: str) -> str:
    """The name with its tall-man letters."""
    return views.tall_man(name, knowledge.current())


def routes_of_form(form: str) -> tuple[str, ...]:
    """The routes by which anything of a form is given: a tablet orally. Empty for a form that the table does not know."""
    rules = knowledge.current()
    return _routes_by_form(rules.table).get(form, ()) if rules else ()


@functools.cache
def _routes_by_form(table: DrugTable) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for drug in table.drugs.values():
        for form in drug.forms:
            found.setdefault(form.words, {}).update(dict.fromkeys(form.routes))
    return {form: tuple(routes) for form, routes in found.items()}
