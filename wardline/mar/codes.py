"""Coded reasons and lists that giving rests on, each with where it comes from."""

from wardline.orders.public import Drug

# --- not given, and not scanned: own lists -------------------------------------------------------------------------------
NOT_GIVEN: dict[str, str] = {
    "refused": "Refused",
    "asleep": "Asleep",
    "nil_by_mouth": "Nil by mouth",
    "vomiting": "Vomiting",
    "cannot_swallow": "Cannot swallow",
    "no_access": "No route or access",
    "absent": "Not on the ward",
    "not_available": "Medicine not available",
    "prescriber_asked": "Asked the prescriber, not to be given",
    "other": "Other, see words",
}
HELD: dict[str, str] = {
    "low_pressure": "Low blood pressure",
    "slow_pulse": "Slow pulse",
    "low_glucose": "Low glucose",
    "drowsy": "Drowsy",
    "bleeding": "Bleeding",
    "result_awaited": "Result awaited",
    "procedure": "Procedure",
    "other": "Other, see words",
}
NO_SCAN: dict[str, str] = {
    "scanner_broken": "Scanner does not work",
    "no_band": "No wristband, or not readable",
    "no_code": "No code on the medicine",
    "emergency": "Emergency",
    "isolation": "Isolation, scanner may not be taken in",
    "other": "Other, see words",
}
SITES: tuple[str, ...] = (
    "Left upper arm",
    "Right upper arm",
    "Left thigh",
    "Right thigh",
    "Left buttock",
    "Right buttock",
    "Abdomen, left",
    "Abdomen, right",
    "Left arm line",
    "Right arm line",
    "Central line",
    "Other",
)
EFFECTS: dict[str, str] = {"good": "It helped", "some": "It helped a little", "none": "It did not help"}
INJECTED = frozenset({"intravenous", "intramuscular", "subcutaneous", "intrathecal", "infiltration", "epidural"})
LINE_CHECKED = frozenset({"intravenous", "intrathecal", "epidural"})

# --- may not wait --------------------------------------------------------------------------------------------------------
CRITICAL_SOURCE = (
    "NPSA rapid response report RRR009 (2010), omitted and delayed medicines in hospital; within 30 minutes as in ISMP, "
    "Acute care guidelines for timely administration of scheduled medications (2011)"
)
CRITICAL: dict[str, frozenset[str]] = {
    "Anti-infective": frozenset({
        "penicillin", "cephalosporin", "carbapenem", "monobactam", "tetracycline_antibacterial", "amphenicol", "macrolide",
        "lincosamide", "aminoglycoside", "quinolone", "sulfonamide_antibacterial", "trimethoprim", "glycopeptide", "polymyxin",
        "nitroimidazole", "oxazolidinone", "other_antibacterial", "rifamycin", "antituberculosis", "imidazole_antifungal",
        "triazole_antifungal", "echinocandin", "other_antifungal", "herpes_antiviral", "other_antiviral",
        "hiv_protease_inhibitor", "nnrti", "nrti", "integrase_inhibitor", "other_antiretroviral", "antimalarial",
    }),
    "Insulin": frozenset({"insulin"}),
    "Anticoagulant": frozenset({
        "vitamin_k_antagonist", "heparin", "factor_xa_inhibitor", "direct_thrombin_inhibitor", "anticoagulant",
    }),
    "For Parkinson's disease": frozenset({"dopaminergic", "dopamine_agonist", "antimuscarinic_antiparkinson"}),
}  # fmt: skip
ONCE_ONLY, FIRST_DOSE = "Once only", "First dose"
SYSTEMIC_NOT = frozenset({"topical", "ocular", "aural", "nasal", "vaginal"})

# --- a second person -----------------------------------------------------------------------------------------------------
WITNESS_SOURCE = (
    "Misuse of Drugs Regulations 2001, schedules 2 and 3 (a second person); ISMP list of high-alert medications in acute care "
    "settings (independent double check)"
)
CONTROLLED = frozenset({
    "morphine", "pethidine", "diamorphine", "oxycodone", "fentanyl", "methadone", "hydromorphone", "tapentadol", "alfentanil",
    "remifentanil", "sufentanil", "oxymorphone", "hydrocodone", "levorphanol", "buprenorphine", "pentazocine", "ketamine",
    "methylphenidate", "dexamfetamine", "lisdexamfetamine", "amfetamine", "midazolam", "temazepam", "phenobarbital", "tramadol",
})  # fmt: skip
HIGH_ALERT_CLASSES = frozenset({
    "insulin", "neuromuscular_blocker", "alkylating_agent", "antimetabolite", "plant_alkaloid", "cytotoxic_antibiotic",
    "platinum",
})  # fmt: skip
HIGH_ALERT_INTRAVENOUS_CLASSES = frozenset({"heparin", "potassium", "direct_thrombin_inhibitor"})
SPINAL = frozenset({"intrathecal", "epidural"})


def critical_reason(drugs: tuple[Drug, ...], route: str) -> str:
    """Why a regular dose of these drugs may not wait; empty when it may. Skin, eyes and ears may wait."""
    if route in SYSTEMIC_NOT:
        return ""
    classes = frozenset[str]().union(*(drug.classes for drug in drugs))
    return next((words for words, members in CRITICAL.items() if members & classes), "")


def witness_reason(name: str, drugs: tuple[Drug, ...] | None, route: str) -> str:
    """Why a second person signs; empty when nobody needs to. Without a drug table the name alone decides."""
    if route in SPINAL:
        return "Given into the spine"
    names = {drug.name for drug in drugs or ()} | {name.lower()}
    if names & CONTROLLED:
        return "Controlled drug"
    classes = frozenset[str]().union(*(drug.classes for drug in drugs or ()))
    if classes & HIGH_ALERT_CLASSES:
        return "High-alert medicine"
    if route == "intravenous" and (classes & HIGH_ALERT_INTRAVENOUS_CLASSES or "potassium" in name.lower()):
        return "High-alert medicine by this route"
    return ""
