"""The demo network as it is described to people: regions, hospitals, wards and what they are for. Data, no chance."""

from msgspec import Struct

# Sexes of the bays A, B and C of a ward.
MIXED_A = ("women", "men", "women")
MIXED_B = ("men", "women", "men")
MIXED_C = ("women", "women", "men")
MIXED_D = ("men", "men", "women")
WOMEN = ("women", "women", "women")

SIDE_ROOM_BEDS = 4
BAY_BEDS = 7
BEDS_OF_WARD = SIDE_ROOM_BEDS + 3 * BAY_BEDS


class WardPlan(Struct, frozen=True):
    """A ward: what it is for, the department it belongs to, who lies in its bays, how many beds have a monitor."""

    specialty: str
    department: str
    bays: tuple[str, str, str]
    monitors: int


class HospitalPlan(Struct, frozen=True):
    """A hospital with its wards 1 to 8. The rates make the hospitals differ, as hospitals do."""

    code: str
    name: str
    region: str
    domain: str
    wards: tuple[WardPlan, ...]
    empty_hours: float  # how long a bed stays empty between two patients
    before_noon_share: float  # discharges before noon
    emergency_in_time_share: float  # out of the emergency department within four hours
    acknowledged_in_time_share: float  # NEWS 7 or more acknowledged within 30 minutes


REGIONS = {"FAG": "Firth and Glens", "SEC": "South-east Coast"}

HOSPITALS = (
    HospitalPlan(
        "NGH",
        "Northgate Hospital",
        "FAG",
        "northgate.example",
        (
            WardPlan("Acute medicine", "Emergency and acute care", MIXED_A, 11),
            WardPlan("General surgery", "Surgery", MIXED_B, 3),
            WardPlan("Trauma and orthopaedics", "Surgery", MIXED_A, 2),
            WardPlan("Cardiology", "Medicine", MIXED_B, 18),
            WardPlan("General medicine", "Medicine", MIXED_C, 3),
            WardPlan("Gastroenterology", "Medicine", MIXED_D, 3),
            WardPlan("Respiratory medicine", "Medicine", MIXED_C, 8),
            WardPlan("Care of older people", "Older people and rehabilitation", MIXED_A, 2),
        ),
        5.0,
        0.31,
        0.74,
        0.94,
    ),
    HospitalPlan(
        "KGH",
        "Kinbrae General Hospital",
        "FAG",
        "kinbrae.example",
        (
            WardPlan("Acute medicine", "Emergency and acute care", MIXED_B, 11),
            WardPlan("General surgery", "Surgery", MIXED_A, 3),
            WardPlan("Urology", "Surgery", MIXED_D, 2),
            WardPlan("Cardiology", "Medicine", MIXED_A, 18),
            WardPlan("General medicine", "Medicine", MIXED_B, 3),
            WardPlan("Renal medicine", "Medicine", MIXED_A, 6),
            WardPlan("Stroke", "Medicine", MIXED_B, 11),
            WardPlan("Care of older people", "Older people and rehabilitation", MIXED_C, 2),
        ),
        3.0,
        0.24,
        0.66,
        0.88,
    ),
    HospitalPlan(
        "PEH",
        "Port Ellis Hospital",
        "SEC",
        "portellis.example",
        (
            WardPlan("Acute medicine", "Emergency and acute care", MIXED_A, 11),
            WardPlan("General surgery", "Surgery", MIXED_B, 3),
            WardPlan("Gynaecology", "Surgery", WOMEN, 2),
            WardPlan("Neurology", "Medicine", MIXED_A, 6),
            WardPlan("General medicine", "Medicine", MIXED_D, 3),
            WardPlan("Haematology and oncology", "Medicine", MIXED_C, 3),
            WardPlan("Respiratory medicine", "Medicine", MIXED_B, 8),
            WardPlan("Rehabilitation", "Older people and rehabilitation", MIXED_A, 0),
        ),
        9.0,
        0.2,
        0.8,
        0.91,
    ),
)
