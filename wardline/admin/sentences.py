"""Entries of the record as sentences that people read: who did what to whom."""

from typing import Any

from wardline.admin.audit_models import Entry, EntryRow
from wardline.identity.public import ROLE_WORDS, SENTENCES, May, Role
from wardline.platform.http.routes import ROUTES
from wardline.platform.jobs import SYSTEM

OF_PATIENT = {
    "patient.read": "opened the record of {patient}",
    "encounter.read": "opened a visit of {patient}",
    "observations.read": "looked at the observations of {patient}",
    "chart.read": "looked at what can be copied into a note about {patient}",
    "history.read": "looked through the history of {patient}",
    "match.read": "compared {patient} with somebody being registered",
    "patient.registered": "registered {patient}",
    "patient.registered_here": "registered {patient}, known in the network, at this hospital",
    "patient.changed": "changed the details of {patient}",
    "patient.died": "recorded the death of {patient}",
    "allergy.recorded": "recorded an allergy of {patient}",
    "allergy.resolved": "noted that an allergy of {patient} is over",
    "allergy.entered_in_error": "marked an allergy of {patient} as entered in error",
    "allergies.confirmed": "confirmed the allergies of {patient}",
    "contact.added": "added a contact of {patient}",
    "contact.ended": "ended a contact of {patient}",
    "identifier.added": "added an identifier of {patient}",
    "photo.set": "set the photo of {patient}",
    "problem.recorded": "recorded a problem of {patient}",
    "problem.changed": "changed a problem of {patient}",
    "problem.active": "reopened a problem of {patient}",
    "problem.resolved": "resolved a problem of {patient}",
    "problem.entered_in_error": "marked a problem of {patient} as entered in error",
    "procedure.recorded": "recorded a procedure of {patient}",
    "procedure.entered_in_error": "marked a procedure of {patient} as entered in error",
    "encounter.admitted": "admitted {patient}",
    "encounter.changed": "changed the stay of {patient}",
    "encounter.discharged": "discharged {patient}",
    "bed.assigned": "gave {patient} a bed",
    "bed.released": "freed the bed of {patient}",
    "bed.reserved": "kept a bed for {patient}",
    "observations.recorded": "recorded observations of {patient}",
    "observations.entered_in_error": "marked observations of {patient} as entered in error",
    "note.read": "opened a note of {patient}",
    "notes.read": "looked through the notes of {patient}",
    "note_document.read": "printed a note of {patient}",
    "note.begun": "began a note about {patient}",
    "note.saved": "saved a draft of a note about {patient}",
    "note.signed": "signed a note about {patient}",
    "note.cosigned": "co-signed a note about {patient}",
    "note.added_to": "added to a note about {patient}",
    "note.entered_in_error": "marked a note about {patient} as entered in error",
    "spo2_scale.prescribed": "set the oxygen scale of {patient}",
    "specimen.read": "looked at a specimen of {patient}",
    "lab_order.read": "looked at a laboratory order of {patient}",
    "results.read": "looked at the results of {patient}",
    "result.read": "looked at a result of {patient}",
    "critical_call.read": "looked at a critical value of {patient}",
    "lab_order.placed": "ordered tests for {patient}",
    "specimen.cancelled": "took back an order of a specimen of {patient}",
    "specimen.collected": "collected a specimen of {patient}",
    "specimen.received": "received a specimen of {patient}",
    "specimen.rejected": "rejected a specimen of {patient}",
    "result.entered": "entered a result of {patient}",
    "result.technically_released": "released a result of {patient} technically",
    "result.clinically_released": "released a result of {patient} clinically",
    "result.amended": "amended a result of {patient}",
    "result.withdrawn": "withdrew a result of {patient}",
    "critical_call.opened": "raised a critical value of {patient}",
    "critical_call.told": "told somebody of a critical value of {patient}",
    "critical_call.acknowledged": "acknowledged a critical value of {patient}",
    "medicine.verified": "verified a medicine of {patient}",
    "medicine.queried": "asked the prescriber about a medicine of {patient}",
    "medicine.refused": "refused a medicine of {patient}",
    "medicine.query_answered": "answered the pharmacist about a medicine of {patient}",
    "dispense.read": "looked at what was dispensed for {patient}",
    "dispense.prepared": "dispensed a medicine for {patient}",
    "dispense.declined": "left a medicine of {patient} to the ward's stock",
    "dispense.handed_over": "handed over a medicine of {patient}",
    "dispense.returned": "took back a medicine of {patient}",
    "dose.read": "looked at a dose of {patient}",
    "given.read": "looked at the medicines given to {patient}",
    "dose.given": "gave {patient} a dose",
    "dose.self_taken": "saw {patient} take a dose",
    "dose.not_given": "recorded that {patient} was not given a dose",
    "dose.held": "held back a dose of {patient}",
    "dose.stopped": "was stopped: what was scanned or entered did not match an order of {patient}",
    "dose.amended": "amended what was recorded about a dose of {patient}",
    "dose.entered_in_error": "marked a dose of {patient} as entered in error",
    "dose.effect_recorded": "recorded what a dose did for {patient}",
    "infusion.rate_changed": "changed the rate of an infusion of {patient}",
    "infusion.paused": "paused an infusion of {patient}",
    "infusion.resumed": "let an infusion of {patient} go on",
    "infusion.stopped": "stopped an infusion of {patient}",
    "copy.read": "opened a copy of a page about {patient} on a device without a network",
    "entry.discarded": "discarded an entry about {patient} that waited on a device",
    "entry.acknowledged": "noted that an entry about {patient} was not sent",
    "task.created": "created a task about {patient}",
    "task.raised": "raised a task about {patient}",
    "task.climbed": "passed a task about {patient} on to the next person",
    "task.acknowledged": "took on a task about {patient}",
    "task.done": "finished a task about {patient}",
}
OTHERS = {
    "search.read": "searched for patients",
    "ward.read": "opened a ward board",
    "beds.read": "opened the bed board",
    "bed.read": "looked at the history of a bed",
    "worklist.read": "opened the worklist",
    "bench.read": "opened a list of the laboratory",
    "collection.read": "opened the list of specimens to collect",
    "pharmacy_queue.read": "opened a list of the pharmacy",
    "ward_copy.read": "opened a copy of a ward's page on a device without a network",
    "round.read": "opened the medicines that are due on a ward",
    "round_times.changed": "set other times for the drug rounds",
    "interval.changed": "changed the intervals or limits of a laboratory test",
    "audit.read": "read this record",
    "audit_export.read": "exported this record",
    "bed.reservation_ended": "ended the reservation of a bed",
    "bed.cleaning_started": "started cleaning a bed",
    "bed.cleaning_done": "finished cleaning a bed",
    "bed.closed": "took a bed out of use",
    "bed.reopened": "brought a bed back into use",
    "bed.added": "added a bed",
    "bed.changed": "changed a bed",
    "bed.retired": "retired a bed",
    "live.watched": "watched a page live",
    "live.ended": "stopped watching a page live",
    "password.changed": "changed their password",
    "session.opened": "signed in",
    "session.ended": "signed out",
    "session.switched": "switched to another hospital or role",
    "device.registered": "registered a device as one of the hospital's own",
    "device.forgotten": "took back the registration of a device",
    "staff.added": "added {staff} to the staff",
    "staff.changed": "changed the details of {staff}",
    "staff.activated": "let {staff} sign in again",
    "staff.deactivated": "stopped {staff} from signing in",
    "password.set": "set a new first password for {staff}",
    "role.given": "gave {staff} the role {role}",
    "role.taken": "took the role {role} from {staff}",
    "sessions.ended": "ended the sessions of {staff}",
    "region.added": "added a region",
    "region.changed": "changed a region",
    "hospital.added": "added a hospital",
    "hospital.changed": "changed a hospital",
    "department.added": "added a department",
    "department.changed": "changed a department",
    "ward.added": "added a ward",
    "ward.changed": "changed a ward",
    "room.added": "added a room",
    "room.changed": "changed a room",
    "witness.refused": "was refused: the signature of a second person was not right",
    "stock.receipt": "put medicines that arrived into a store",
    "stock.dispense": "took medicines out of a store",
    "stock.return": "put medicines back into a store",
    "stock.transfer_in": "put medicines from another store into a store",
    "stock.transfer_out": "took medicines out of a store for another one",
    "stock.write_off": "wrote medicines off",
    "stock.count": "corrected the stock of a medicine by a count",
    "stock.counted": "counted a medicine and found what was expected",
    "lot.quarantined": "put a lot of a medicine into quarantine",
    "lot.released": "took a lot of a medicine out of quarantine",
    "store.added": "added a store of medicines",
    "store.renamed": "gave a store of medicines another name",
    "store.closed": "closed a store of medicines",
    "store.reopened": "opened a closed store of medicines again",
    "product.added": "added a product to the stores",
    "product.changed": "changed a product of the stores",
    "shelf.thresholds_set": "changed when a medicine is ordered",
    "transfer.sent": "sent medicines to another store",
    "transfer.received": "received medicines from another store",
    "supplier.added": "added a supplier",
    "supplier.changed": "changed a supplier",
    "supplier.closed": "closed a supplier",
    "supplier.reopened": "opened a closed supplier again",
    "request_for_stock.asked": "asked the pharmacy for a medicine for a ward",
    "request_for_stock.sent": "sent a ward the medicine that it asked for",
    "request_for_stock.declined": "declined a medicine that a ward asked for",
    "request_for_stock.withdrawn": "withdrew a medicine that a ward had asked for",
    "purchase.drafted": "drafted an order to a supplier",
    "purchase.changed": "changed a drafted order to a supplier",
    "purchase.sent": "sent an order to a supplier",
    "purchase.cancelled": "cancelled an order to a supplier",
    "register.read": "looked at the register of a controlled drug",
}
REFUSED = "request.refused"
LIVE = ("live.watched", "live.ended")
# What can be watched, by the kind of its topic.
WATCHED = {
    "ward": "a ward board",
    "beds": "the bed board",
    "tasks": "the worklist",
    "bell": "the calls for their role",
    "patient": "the record of {patient}",
    "observations": "the observations of {patient}",
    "lab": "the laboratory's page",
    "bench": "a list of the laboratory",
    "results": "the results of {patient}",
    "pharmacy": "a list of the pharmacy",
    "collection": "the specimens to collect on a ward",
    "given": "the medicines given to {patient}",
    "round": "the medicines that are due on a ward",
    "note": "a note of {patient}",
    "stock_hospital": "the stock of the hospital",
    "stock": "what a store keeps",
    "ward_stock": "the stores of a ward",
    "stock_low": "what is low in the stores",
    "stock_expiring": "what expires in the stores",
    "stock_transfers": "what is on its way between stores",
    "stock_orders": "the orders to suppliers",
    "shelf": "a medicine in a store",
}


def _bare(sentence: str) -> str:
    for part, words in ((" {patient}", " a patient"), (" {staff}", " somebody"), (" {role}", "")):
        sentence = sentence.replace(part, words)
    return sentence


# What the page offers to filter by: the action and its words.
ACTIONS: list[tuple[str, str]] = sorted(
    ((action, _bare(words).capitalize()) for action, words in (OF_PATIENT | OTHERS).items()), key=lambda pair: pair[1]
)


def entry(row: EntryRow) -> Entry:
    """The entry with its sentence."""
    who = who_words(row)
    return Entry(
        at=row.at,
        id=row.id,
        who=who,
        sentence=f"{who}, {what_words(row)}.",
        action=row.action,
        outcome=row.outcome,
        actor_id=row.actor_id,
        actor_role=row.actor_role,
        person_id=row.person_id,
        mrn=row.mrn,
        subject_type=row.subject_type,
        subject_id=row.subject_id,
        request_id=row.request_id,
        client=row.client,
        detail=row.detail,
    )


def who_words(row: EntryRow) -> str:
    """R. Okafor, nurse."""
    if row.actor_id == SYSTEM:
        return "Wardline, by the clock"
    if row.actor_role == "command":
        return "Somebody, on the command line"
    if row.actor_id is None:
        return "Somebody who was not signed in"
    name = f"{(row.given or '')[:1]}. {row.family}" if row.given else (row.family or "Somebody")
    return f"{name}, {role_words(row.actor_role)}" if row.actor_role else name


def role_words(role: str | None) -> str:
    """Nurse, in the middle of a sentence."""
    return ROLE_WORDS[Role(role)].lower() if role in Role.__members__.values() else (role or "")


def what_words(row: EntryRow) -> str:
    """Opened the record of patient NGH0001234."""
    if row.action == REFUSED:
        return _refused_words(row)
    patient = f"patient {row.mrn}" if row.mrn else "a patient"
    words = OF_PATIENT.get(row.action)
    if words is not None:
        return words.format(patient=patient)
    detail = row.detail or {}
    if row.action in LIVE:
        return _watched_words(row.action, detail).format(patient=patient)
    staff = f"{(row.subject_given or '')[:1]}. {row.subject_family}" if row.subject_family else "somebody"
    if row.action in OTHERS:
        return OTHERS[row.action].format(staff=staff, role=role_words(str(detail.get("role", ""))))
    kind, _, verb = row.action.replace("_", " ").partition(".")
    about = f" ({patient})" if row.person_id else ""
    return f"{verb or 'did'}: {kind}{about}"


def _watched_words(action: str, detail: dict[str, Any]) -> str:
    topics = [str(detail["topic"])] if "topic" in detail else [str(topic) for topic in detail.get("topics", [])]
    kinds = [topic.partition(":")[0] for topic in topics]
    shown = [WATCHED[kind] for kind in kinds if kind in WATCHED and (kind != "bell" or len(kinds) == 1)]
    what = " and ".join(dict.fromkeys(shown)) or "a page"
    return f"watched {what} live" if action == "live.watched" else f"stopped watching {what} live"


def _refused_words(row: EntryRow) -> str:
    detail = row.detail or {}
    why = {401: "not signed in", 403: "not allowed", 404: "nothing there for them", 429: "too many attempts"}
    status = detail.get("status")
    reason = why.get(status, "refused") if isinstance(status, int) else "refused"
    return f"was refused ({reason}): {_asked_words(str(detail.get('route', '')))}"


def _asked_words(name: str) -> str:
    """What a request asked for, as the table of permissions puts it; the route's own words where it needs none."""
    route = next((route for route in ROUTES if route.name == name), None)
    if route is None:
        return "an address that does not exist"
    words = SENTENCES[route.needs] if isinstance(route.needs, May) else route.summary
    return f"{words[:1].lower()}{words[1:]}".rstrip(".")
