"""The names under which requests are counted, and what the product says of the route behind each."""

from wardline.platform.http.routes import ROUTES

# name: method and path of the product's own route
OF = {
    "autosave a note": ("PUT", "/notes/{note_id}/sections/{section}"),
    "bed": ("GET", "/beds/{bed_id}"),
    "bed board": ("GET", "/beds"),
    "begin a note": ("POST", "/patients/{patient_id}/notes"),
    "bell": ("GET", "/tasks/bell"),
    "check an order": ("GET", "/patients/{patient_id}/medicines/preview"),
    "chart summary": ("GET", "/patients/{patient_id}"),
    "details": ("GET", "/patients/{patient_id}/details"),
    "find a bed": ("GET", "/encounters/{encounter_id}/move"),
    "laboratory": ("GET", "/lab"),
    "medicines": ("GET", "/patients/{patient_id}/medicines"),
    "order form": ("GET", "/patients/{patient_id}/lab-orders/new"),
    "order tests": ("POST", "/patients/{patient_id}/lab-orders"),
    "prescribe": ("POST", "/patients/{patient_id}/medicines"),
    "results": ("GET", "/patients/{patient_id}/results"),
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
    """Whether requests of this name change something."""
    return name in OF and OF[name][0] != "GET"


def load_class(name: str) -> str:
    """The class in which the product admits the route; "other" for what it does not declare."""
    if name not in OF and not name.startswith("search "):
        return "other"
    method, path = product_route(name)
    found = [route.load_class for route in ROUTES if (route.method, route.path) == (method, path)]
    return found[0] if found else "other"
