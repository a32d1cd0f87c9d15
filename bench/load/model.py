"""What the leading process and its workers tell each other: the cast of a run and its timetable. Times are seconds of
the machine's monotonic clock, which all processes share."""

import msgspec

WINDOW_SECONDS = 10


class Patient(msgspec.Struct):
    """Somebody in a bed, with the latest values so that the next ones are plausible."""

    id: str
    encounter: str
    ward: str
    bed: str
    family: str
    given: str
    sex: str
    isolated: bool
    needs_more: bool  # a monitor, a side room: not moved about
    signs: list[float | None]  # respiration, SpO2, systolic, diastolic, pulse, temperature
    on_oxygen: bool


class Bed(msgspec.Struct):
    """A bed that nobody lies in or is awaited in; `state` follows what the users do."""

    id: str
    ward: str
    sex: str
    state: str


class Known(msgspec.Struct):
    """Somebody on file, to be searched for."""

    id: str
    family: str
    given: str
    born: str
    mrn: str
    mobile: str


class Place(msgspec.Struct):
    """A ward with who lies there."""

    id: str
    hospital: str
    name: str
    patients: list[Patient] = []
    beds: list[Bed] = []


class Actor(msgspec.Struct):
    """A user to be. With a token the session exists already; without one they sign in with the password."""

    role: str
    hospital: str
    ward: str  # where they work; for those who work for the whole hospital the ward whose patients they meet
    home: str  # the page that stays open
    topics: list[str]  # what that page watches, its own topic first
    email: str = ""
    token: str = ""
    assignment: str = ""
    staff: str = ""


class View(msgspec.Struct):
    """How a watched topic's elements are named on its page."""

    prefix: str = ""
    parts: list[str] = []


class Part(msgspec.Struct):
    """All that one worker needs to know."""

    number: int
    seed: int
    url: str
    stream_url: str
    sources: list[str]  # loopback addresses to connect from; empty: the machine's choice
    password: str
    mean_seconds: float
    retries: int  # how often an impatient user repeats what was refused with 503
    actors: list[Actor]
    places: list[Place]
    known: dict[str, list[Known]]  # by hospital
    views: dict[str, View]  # by the first word of the topic


class Phase(msgspec.Struct):
    """A stretch with one rate of actions: `factor` times what the mean says."""

    name: str
    begins: float
    ends: float
    factor: float = 1.0


class Timetable(msgspec.Struct):
    """When what happens. Figures are counted from `begins` on, in windows of ten seconds."""

    opens: float  # the first stream
    opened: float  # the last stream, at an even rate until then
    begins: float
    ends: float
    phases: list[Phase] = []
    storm_at: float = 0.0  # every stream is dropped; 0: never


class Cells(msgspec.Struct):
    """Requests of one stretch: latencies by bucket of the right answers and of the failures, errors by kind."""

    right: dict[int, int] = {}
    failed: dict[int, int] = {}
    max_us: int = 0
    errors: dict[str, int] = {}


class Told(msgspec.Struct):
    """A worker's whole account, at the end."""

    cpu_s: float
    rss_mb: float
    routes: dict[str, dict[int, Cells]]  # by window
    seconds: dict[int, Cells]  # every route together, by second
    offered: int
    late_sends: int  # sent more than 10 ms after the intended moment: the rig itself was late
    retries: int
    counts: dict[str, int]
    screens_ms: dict[int, int]  # from sending a write to its rows on a watcher's screen, by bucket
    samples: list[str]  # a few errors in full
