"""Units of other laboratories for the same LOINC code: the factor between two ways of writing one kind of quantity. Pure.

Only what is a change of scale stands here. Milligrams into millimoles are another LOINC code, and are never worked out.
"""

from decimal import Decimal

# UCUM (https://ucum.org): how a unit is written elsewhere, in the unit of the catalogue.
_FACTORS: dict[tuple[str, str], Decimal] = {
    (theirs, ours): Decimal(factor)
    for theirs, ours, factor in (
        ("g/dL", "g/L", "10"),
        ("mg/dL", "mg/L", "10"),
        ("%", "L/L", "0.01"),
        ("10*3/uL", "10*9/L", "1"),
        ("10*6/uL", "10*12/L", "1"),
        ("/uL", "10*9/L", "0.001"),
        ("ng/mL", "ug/L", "1"),
        ("pg/mL", "ng/L", "1"),
        ("u[IU]/mL", "m[IU]/L", "1"),
        ("[IU]/L", "U/L", "1"),
    )
}


def factor(theirs: str, ours: str) -> Decimal | None:
    """What a value in their unit is multiplied by to be in ours; None where one does not follow from the other."""
    return Decimal(1) if theirs == ours else _FACTORS.get((theirs, ours))
