"""Kidney function from one creatinine. Pure; each with its paper and a test on every edge."""

CREATININE_UMOL_PER_MG_DL = 88.4
ADULT_FROM_YEARS = 18


def egfr_ml_per_min(creatinine_umol_per_l: float, age_years: float, *, female: bool) -> float | None:
    """CKD-EPI 2021 in ml/min/1.73 m2 (Inker, N Engl J Med 2021;385:1737), for adults; None below 18 years."""
    if age_years < ADULT_FROM_YEARS or creatinine_umol_per_l <= 0:
        return None
    kappa, alpha = (0.7, -0.241) if female else (0.9, -0.302)
    ratio = creatinine_umol_per_l / CREATININE_UMOL_PER_MG_DL / kappa
    value = 142 * min(ratio, 1) ** alpha * max(ratio, 1) ** -1.200 * 0.9938**age_years
    return value * 1.012 if female else value


def clearance_ml_per_min(
    creatinine_umol_per_l: float, age_years: float, weight_kg: float, *, female: bool
) -> float | None:
    """Cockcroft-Gault in ml/min (Nephron 1976;16:31), for adults; None below 18 years. Never below 0."""
    if age_years < ADULT_FROM_YEARS or creatinine_umol_per_l <= 0 or weight_kg <= 0:
        return None
    value = (140 - age_years) * weight_kg / (72 * creatinine_umol_per_l / CREATININE_UMOL_PER_MG_DL)
    return max(value * 0.85 if female else value, 0.0)
