"""Kidney function against its published formulas, on every edge; expected values worked out by hand from the papers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wardline.orders.kidney import clearance_ml_per_min, egfr_ml_per_min

MG_DL = 88.4


@pytest.mark.parametrize(
    ("creatinine_mg_dl", "years", "female", "expected"),
    [
        (0.9, 50, False, 142 * 0.9938**50),  # at kappa both powers are 1
        (0.7, 50, True, 142 * 0.9938**50 * 1.012),
        (0.9 * 2, 50, False, 142 * 2**-1.200 * 0.9938**50),
        (0.9 / 2, 50, False, 142 * 0.5**-0.302 * 0.9938**50),
        (0.7 * 2, 50, True, 142 * 2**-1.200 * 0.9938**50 * 1.012),
        (0.7 / 2, 50, True, 142 * 0.5**-0.241 * 0.9938**50 * 1.012),
        (1.0, 18, False, 142 * (1 / 0.9) ** -1.2 * 0.9938**18),
    ],
)
def test_ckd_epi_2021(creatinine_mg_dl: float, years: float, female: bool, expected: float):
    found = egfr_ml_per_min(creatinine_mg_dl * MG_DL, years, female=female)
    assert found == pytest.approx(expected)


def test_ckd_epi_2021_against_the_calculator_of_the_national_kidney_foundation():
    """Figures as the public calculator rounds them."""
    found = [
        egfr_ml_per_min(mg * MG_DL, years, female=female)
        for mg, years, female in ((1.0, 60, False), (1.0, 60, True), (2.5, 75, False))
    ]
    assert [round(value) for value in found if value is not None] == [86, 64, 26]


def test_neither_formula_is_for_children_or_for_no_creatinine():
    assert egfr_ml_per_min(80, 17.99, female=True) is None
    assert egfr_ml_per_min(80, 18, female=True) is not None
    assert egfr_ml_per_min(0, 40, female=True) is None
    assert clearance_ml_per_min(80, 17.99, 60, female=True) is None
    assert clearance_ml_per_min(80, 18, 60, female=True) is not None
    assert clearance_ml_per_min(0, 40, 60, female=True) is None
    assert clearance_ml_per_min(80, 40, 0, female=True) is None


def test_cockcroft_gault():
    assert clearance_ml_per_min(MG_DL, 40, 72, female=False) == pytest.approx(100)
    assert clearance_ml_per_min(MG_DL, 40, 72, female=True) == pytest.approx(85)
    assert clearance_ml_per_min(2 * MG_DL, 40, 72, female=False) == pytest.approx(50)
    assert clearance_ml_per_min(MG_DL, 140, 72, female=False) == 0
    assert clearance_ml_per_min(MG_DL, 150, 72, female=False) == 0


@given(st.floats(20, 1500), st.floats(18, 110), st.floats(30, 250), st.booleans())
def test_more_creatinine_is_never_more_function(creatinine: float, years: float, kg: float, female: bool):
    less, more = (
        egfr_ml_per_min(creatinine, years, female=female),
        egfr_ml_per_min(creatinine + 1, years, female=female),
    )
    assert less is not None
    assert more is not None
    assert less > more > 0
    low = clearance_ml_per_min(creatinine + 1, years, kg, female=female)
    high = clearance_ml_per_min(creatinine, years, kg, female=female)
    assert low is not None
    assert high is not None
    assert high >= low
