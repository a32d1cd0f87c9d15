<<<<<<< HEAD
"""What other slices use of orders: the drug table, the checks, a patient's medicines, whether they are verified."""

from wardline.orders.actions import access_change, access_medicine, medicines_topic, record_measure
from wardline.orders.cards import reasons
from wardline.orders.doses import in_unit
from wardline.orders.forms import (
    Decision,
    HistoryStep,
    Medicine,
    NewMeasure,
    Numbers,
    QueryAnswer,
    ShownAlert,
    Verification,
)
from wardline.orders.knowledge import Knowledge, current
from wardline.orders.lines import Amount, MedicineLine, OrderKind, dose_words, parts
from wardline.orders.queries import MEDICINES_MAX, MedicineRow, alerts_of, history, medicines_of
from wardline.orders.verification import (
    Event,
    decide,
    on_change,
    seen_version,
    verification_history,
    verifications,
)
from wardline.orders.views import line_of, marked, medicine_of, numbers_of, on_shown, patient_of, tall_man

__all__ = [
    "MEDICINES_MAX",
    "Amount",
    "Decision",
    "Event",
    "HistoryStep",
    "Knowledge",
    "Medicine",
    "MedicineLine",
    "MedicineRow",
    "NewMeasure",
    "Numbers",
    "OrderKind",
    "QueryAnswer",
    "ShownAlert",
    "Verification",
    "access_change",
    "access_medicine",
    "alerts_of",
    "current",
    "decide",
    "dose_words",
    "history",
    "in_unit",
    "line_of",
    "marked",
    "medicine_of",
    "medicines_of",
    "medicines_topic",
    "numbers_of",
    "on_change",
    "on_shown",
    "parts",
    "patient_of",
    "reasons",
    "record_measure",
    "seen_version",
    "tall_man",
    "verification_history",
    "verifications",
=======
"""What other slices use of orders: the drug table, the checks, a patient's medicines, and what giving them needs."""

from wardline.orders.actions import medicines_topic, record_measure
from wardline.orders.doses import in_unit
from wardline.orders.drugs import Drug
from wardline.orders.entry import NUMBER, UNIT, UNITS, number
from wardline.orders.forms import Medicine, NewMeasure
from wardline.orders.giving import STANDS, drugs_named, line_from, shown_name
from wardline.orders.knowledge import Knowledge, current
from wardline.orders.lines import Amount, MedicineLine, OrderKind, dose_words, parts, plain

__all__ = [
    "NUMBER",
    "STANDS",
    "UNIT",
    "UNITS",
    "Amount",
    "Drug",
    "Knowledge",
    "Medicine",
    "MedicineLine",
    "NewMeasure",
    "OrderKind",
    "current",
    "dose_words",
    "drugs_named",
    "in_unit",
    "line_from",
    "medicines_topic",
    "number",
    "parts",
    "plain",
    "record_measure",
    "shown_name",
>>>>>>> mar
]
