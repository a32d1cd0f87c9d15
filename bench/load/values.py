"""What users type: plausible next values for a patient, and searches as people begin or misspell them."""

from random import Random

from bench.load.model import Known, Patient
from bench.works import misspelt

# Around what a sign wanders, how far in one step, and within which limits.
SIGNS = (
    ("respiration_per_min", 16.0, 2.0, 8.0, 40.0),
    ("spo2_percent", 96.0, 1.0, 84.0, 100.0),
    ("systolic_mmhg", 124.0, 6.0, 80.0, 200.0),
    ("diastolic_mmhg", 74.0, 4.0, 45.0, 110.0),
    ("pulse_per_min", 80.0, 5.0, 45.0, 150.0),
    ("temperature_celsius", 36.8, 0.2, 35.0, 40.0),
)
WORSENS_SHARE = 0.05
WORSE = (7.0, -4.0, -18.0, -8.0, 24.0, 0.9)
PULSE_PRESSURE_MIN = 20.0


def next_signs(dice: Random, patient: Patient) -> list[tuple[str, str]]:
    """A full set as the form sends it: near the last one, so that nothing has to be confirmed. Now and then somebody
    gets worse, so that scores rise and tasks come."""
    worsens = dice.random() < WORSENS_SHARE
    values: list[float] = []
    for (_, usual, step, low, high), before, worse in zip(SIGNS, patient.signs, WORSE, strict=True):
        base = usual if before is None else before
        moved = base + (usual - base) * 0.25 + dice.uniform(-step, step) + (worse if worsens else 0.0)
        values.append(min(high, max(low, moved)))
    values[3] = min(values[3], values[2] - PULSE_PRESSURE_MIN)
    patient.signs = list(values)
    form = [
        (name, f"{value:.1f}" if name == "temperature_celsius" else f"{value:.0f}")
        for (name, *_), value in zip(SIGNS, values, strict=True)
    ]
    return [*form, ("on_oxygen", "true" if patient.on_oxygen else "false"), ("consciousness", "A")]


def typed(dice: Random, kind: str, who: Known) -> tuple[str, bool]:
    """What is typed into the search box, and whether it must find exactly this person."""
    family, given = who.family.lower(), who.given.lower()
    if kind == "family":
        return family[: dice.randint(3, max(3, len(family)))], False
    if kind == "both_names":
        return f"{family[: max(2, len(family) - 2)]} {given[: dice.randint(1, 3)]}", False
    if kind == "born":
        return f"{family} {who.born}", True
    if kind == "number":
        return (who.mobile if who.mobile and dice.random() < 0.5 else who.mrn), True
    return misspelt(dice, who.family, who.given), False
