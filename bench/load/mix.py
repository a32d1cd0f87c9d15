"""Who the users are and what they do, in parts of a hundred. A test holds the sum to the load model."""

# The load model: what all users together ask for (docs/operations/load.md says which screen stands for which).
MODEL = {
    "board": 26.0,
    "summary": 20.0,
    "search": 12.0,
    "panels": 12.0,
    "observe": 8.0,
    "give": 5.0,
    "note": 4.0,
    "order": 3.0,
    "move": 3.0,
    "inbox": 4.0,
    "other": 3.0,
}


class Role:
    """Share of all users, the page that stays open (`ward`, `tasks` or `beds`), and the weight of each act."""

    def __init__(self, name: str, share: float, home: str, **acts: float) -> None:
        self.name = name
        self.share = share
        self.home = home
        self.acts = acts


_DOCTOR = {
    "board": 19.2, "summary": 31.4, "search": 8.8, "panels": 13.6, "observe": 3.6, "note": 7.2, "order": 7.6, "move": 1.6,
    "inbox": 4.6, "other": 2.4,
}  # fmt: skip

ROLES = (
    Role("nurse", 55, "ward", board=27, summary=16, search=10, panels=12, observe=13, give=9, note=4, order=2, move=2, inbox=3, other=2),
    Role("doctor", 20, "ward", **_DOCTOR),
    Role("registrar", 5, "tasks", **_DOCTOR),
    Role("pharmacist", 5, "ward", board=25, summary=30, search=12, panels=25, inbox=5, other=3),
    Role("laboratory_technician", 5, "tasks", board=30, summary=25, search=20, panels=15, inbox=5, other=5),
    Role("receptionist", 6, "beds", board=20, summary=10, search=45, move=15, inbox=5, other=5),
    Role("hospital_manager", 4, "beds", board=60, move=15, inbox=10, other=15),
)  # fmt: skip
# A doctor who belongs to no ward.
STAFF_ROLE = {"registrar": "doctor"}

# What is typed to find somebody.
SEARCHES = {"family": 40, "both_names": 15, "born": 15, "number": 20, "misspelt": 10}
