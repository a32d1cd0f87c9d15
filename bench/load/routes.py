"""The names under which requests are counted, and what the product says of the route behind each."""

from wardline.platform.http.routes import ROUTES

# name: method and path of the product's own route
OF = {
    "autosave a note": ("PUT", "/notes/{note_id}/sections/{section}"),
    "bed": ("GET", "/beds/{bed_id}"),
    "bed board": ("GET", "/beds"),
    "begin a note": ("POST", "/patients/{patient_id}/notes"),
    "bell": ("GET", "/tasks/bell"),
    "check an order": ("POST", "/patients/{patient_id}/medicines/preview"),
    "chart summary": ("GET", "/patients/{patient_id}"),
    "details": ("GET", "/patients/{patient_id}/details"),
    "drug round": ("GET", "/wards/{ward_id}/round"),
    "find a bed": ("GET", "/encounters/{encounter_id}/move"),
    "give a dose": ("POST", "/doses/{dose_id}/giving"),
    "give when needed": ("POST", "/medicines/{medicine_id}/giving"),
    "laboratory": ("GET", "/lab"),
    "medicines": ("GET", "/patients/{patient_id}/medicines"),
    "medicines given": ("GET", "/patients/{patient_id}/given"),
    "order at the pharmacy": ("GET", "/medicines/{medicine_id}/pharmacy"),
    "order form": ("GET", "/patients/{patient_id}/lab-orders/new"),
    "order tests": ("POST", "/patients/{patient_id}/lab-orders"),
    "pharmacy queue": ("GET", "/pharmacy/queue/{which}"),
    "prescribe": ("POST", "/patients/{patient_id}/medicines"),
    "results": ("GET", "/patients/{patient_id}/results"),
    "sheet of a dose": ("GET", "/doses/{dose_id}"),
    "sign a note": ("POST", "/notes/{note_id}/signature"),
    "inbox": ("GET", "/tasks"),
    "make a bed ready": ("DELETE", "/beds/{bed_id}/cleaning"),
    "clean a bed": ("POST", "/beds/{bed_id}/cleaning"),
    "move a patient": ("PUT", "/beds/{bed_id}/occupancy"),
    "observation chart": ("GET", "/patients/{patient_id}/observations"),
    "palette": ("GET", "/palette"),
    "problems": ("GET", "/patients/{patient_id}/problems"),
    "record a problem": ("POST", "/patients/{patient_id}/problems"),
    "save observations": ("POST", "/patients/{patient_id}/observations"),
    "take on a task": ("POST", "/tasks/{task_id}/acknowledgement"),
    "finish a task": ("POST", "/tasks/{task_id}/completion"),
    "trends": ("GET", "/patients/{patient_id}/observations/trends"),
    "verify an order": ("POST", "/medicines/{medicine_id}/verification"),
    "ward board": ("GET", "/wards/{ward_id}"),
    "ward by risk": ("GET", "/wards/{ward_id}/risk"),
    "wards": ("GET", "/wards"),
    "worklist": ("GET", "/tasks"),
    "reread": ("GET", "/wards/{ward_id}"),  # of whichever page stays open, most often a ward
}
SEARCH = ("GET", "/patients")


def product_route(name: str) -> tuple[str, str]:
    """Method and path behind a counted name."""
    return SEARCH if name.startswith("search ") else OF[name]


def is_write(name: str) -> bool:
    """Whether requests of this name change something; a line is only looked at, though its words go as a form."""
    return name in OF and OF[name][0] != "GET" and name != "check an order"


def load_class(name: str) -> str:
    """The class in which the product admits the route; "other" for what it does not declare."""
    if name not in OF and not name.startswith("search "):
        return "other"
    method, path = product_route(name)
    found = [route.load_class for route in ROUTES if (route.method, route.path) == (method, path)]
    return found[0] if found else "other"
