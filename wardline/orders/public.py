"""What other slices use of orders: the drug table, the checks, a patient's medicines."""

from wardline.orders.actions import access_change, access_medicine
from wardline.orders.bulk import CreatinineRecord, MedicineRecord, add_creatinines, add_medicines
from wardline.orders.cards import reasons
from wardline.orders.doses import in_unit
from wardline.orders.drugs import Drug
from wardline.orders.elsewhere import Said, line_heard
from wardline.orders.entry import made_as
from wardline.orders.external import Address, configure
from wardline.orders.forms import (
    DECIDED_WORDS,
    Decision,
    HistoryStep,
    Medicine,
    NewMeasure,
    Numbers,
    QueryAnswer,
    ShownAlert,
    Verification,
)
from wardline.orders.giving import STANDS, drugs_named, line_from, routes_of_form, shown_name
from wardline.orders.knowledge import Knowledge, current
from wardline.orders.lines import WEEKDAYS, Amount, MedicineLine, OrderKind, dose_words, hours_apart, parts, plain
from wardline.orders.lines import text as line_text
from wardline.orders.measures import follow_creatinine, medicines_topic, record_measure
from wardline.orders.queries import MEDICINES_MAX, MedicineRow, alerts_of, history, medicines_of
from wardline.orders.reading import NUMBER, UNIT, UNITS, number
from wardline.orders.summary import STANDING, StandingMedicine, standing_medicine
from wardline.orders.timeline import TIMELINE
from wardline.orders.together import Together
from wardline.orders.together import tests as signed_together
from wardline.orders.verification import (
    Event,
    decide,
    on_change,
    seen_version,
    verification_history,
    verifications_of_patient,
)
from wardline.orders.views import (
    current_medicines,
    line_of,
    marked,
    medicine_of,
    numbers_of,
    on_shown,
    patient_of,
    tall_man,
)

__all__ = [
    "DECIDED_WORDS",
    "MEDICINES_MAX",
    "NUMBER",
    "STANDING",
    "STANDS",
    "TIMELINE",
    "UNIT",
    "UNITS",
    "WEEKDAYS",
    "Address",
    "Amount",
    "CreatinineRecord",
    "Decision",
    "Drug",
    "Event",
    "HistoryStep",
    "Knowledge",
    "Medicine",
    "MedicineLine",
    "MedicineRecord",
    "MedicineRow",
    "NewMeasure",
    "Numbers",
    "OrderKind",
    "QueryAnswer",
    "Said",
    "ShownAlert",
    "StandingMedicine",
    "Together",
    "Verification",
    "access_change",
    "access_medicine",
    "add_creatinines",
    "add_medicines",
    "alerts_of",
    "configure",
    "current",
    "current_medicines",
    "decide",
    "dose_words",
    "drugs_named",
    "follow_creatinine",
    "history",
    "hours_apart",
    "in_unit",
    "line_from",
    "line_heard",
    "line_of",
    "line_text",
    "made_as",
    "marked",
    "medicine_of",
    "medicines_of",
    "medicines_topic",
    "number",
    "numbers_of",
    "on_change",
    "on_shown",
    "parts",
    "patient_of",
    "plain",
    "reasons",
    "record_measure",
    "routes_of_form",
    "seen_version",
    "shown_name",
    "signed_together",
    "standing_medicine",
    "tall_man",
    "verification_history",
    "verifications_of_patient",
]
