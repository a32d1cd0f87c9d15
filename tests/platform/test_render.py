"""Templates: every one compiles and renders the same in both engines, and the filters say what clinicians read."""

import datetime as dt
import html
import re
from types import SimpleNamespace
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import minijinja
import pytest

from tests.jinja2_twin import jinja2_environment
from wardline.platform import render as rendering
from wardline.platform import times
from wardline.platform.render import render, template_names
from wardline.tasks.models import Task, Worklist

NOW = dt.datetime(2026, 11, 23, 14, 20, 7, tzinfo=dt.UTC)
LONDON = ZoneInfo("Europe/London")


@pytest.fixture(autouse=True)
def at_twenty_past_two() -> Any:
    token = times.moment.set(times.Moment(now=NOW, zone=LONDON))
    yield
    times.moment.reset(token)


def banner(**changes: Any) -> SimpleNamespace:
    values: dict[str, Any] = {
        "person_id": "0191",
        "family": "Patel",
        "given": "Asha",
        "title": "Mrs",
        "born": dt.date(1956, 3, 12),
        "born_estimated": False,
        "sex": "female",
        "identifier": "9434765919",
        "mrn": "NG000123",
        "ward_label": "Ward 7",
        "bed_label": "7-04",
        "photo_href": None,
        "allergies": ["penicillin (anaphylaxis)"],
        "allergy_state": "recorded",
        "allergy_confirmed": "",
        "alerts": [SimpleNamespace(kind="iso", icon="shield-alert", text="Contact isolation")],
        "deceased_on": None,
    }
    return SimpleNamespace(**(values | changes))


def part(source: str, **values: Any) -> str:
    """The same piece of template through both engines; they must agree."""
    text = '{% import "ui.html" as ui %}' + source
    first = rendering.environment().render_str(text, "piece.html", **values)
    twin = jinja2_environment().from_string(text).render(**values)
    assert plain(first) == plain(twin)
    return first


def plain(text: str) -> str:
    """Both engines escape, but with different entities."""
    return html.unescape(text)


@pytest.mark.parametrize("name", template_names())
def test_every_template_compiles_in_both_engines(name: str) -> None:
    rendering.environment().undeclared_variables_in_template(name)
    jinja2_environment().get_template(name)


def test_a_template_name_cannot_leave_the_package() -> None:
    assert rendering.source_of("../../pyproject.toml") is None
    assert rendering.source_of("platform/../../../etc/passwd") is None


def test_a_failing_template_says_where_but_never_what() -> None:
    with pytest.raises(minijinja.TemplateError) as failed:
        part(
            "{% set secret = banner.family %}{{ ui.patient_banner(banner) }}{{ banner.nothing }}",
            banner=banner(family="Zzyzx"),
        )
    assert "zzyzx" not in str(failed.value).lower()
    assert "piece.html:1" in str(failed.value)


def test_what_people_typed_is_escaped() -> None:
    assert "<script>" not in part("{{ ui.chip('warn', 'info', text) }}", text="<script>alert(1)</script>")


def test_the_banner_names_the_person_in_the_agreed_form() -> None:
    words = " ".join(part("{{ ui.patient_banner(banner) }}", banner=banner()).split())
    assert "PATEL, <span>Asha (Mrs)</span>" in words
    assert '<time datetime="1956-03-12">12-Mar-1956</time> (70 y)' in words
    assert "943 476 5919" in words
    assert "Allergy: penicillin (anaphylaxis)" in words
    assert words.index("Born") < words.index("Sex") < words.index("Patient ID") < words.index("Bed")


def test_unknown_reads_not_known_and_never_none() -> None:
    words = part(
        "{{ ui.patient_banner(banner) }}",
        banner=banner(
            born=None,
            sex="unknown",
            identifier=None,
            mrn=None,
            title="",
            alerts=[],
            bed_label=None,
        ),
    )
    assert words.count("Not known") == 3
    assert "None" not in words


@pytest.mark.parametrize(
    ("state", "allergies", "words"),
    [
        ("recorded", ["penicillin", "latex"], "Allergies: penicillin; latex"),
        ("none_known", [], "No known allergies"),
        ("not_recorded", [], "Allergies not recorded"),
    ],
)
def test_the_three_states_of_allergies_stay_apart(state: str, allergies: list[str], words: str) -> None:
    shown = part(
        "{{ ui.patient_banner(banner) }}",
        banner=banner(allergy_state=state, allergies=allergies),
    )
    others = {"Allergies: ", "No known allergies", "Allergies not recorded"} - {words}
    assert words in shown
    assert not any(other in shown for other in others if other not in words)


@pytest.mark.parametrize(
    ("total", "band", "expected"),
    [
        (0, "low", "sc n0"),
        (3, "low_medium", "3 in one sign"),
        (6, "medium", "Medium"),
        (8, "high", "High"),
    ],
)
def test_a_score_carries_its_word(total: int, band: str, expected: str) -> None:
    assert expected in part("{{ ui.news(total, band) }}", total=total, band=band)


def test_a_missing_score_is_not_zero() -> None:
    shown = part("{{ ui.score(none, 'low') }}")
    assert "No score yet" in shown
    assert "0" not in shown


def test_sparklines_share_one_scale() -> None:
    assert rendering.spark_points([3, 3, 2, 2, 1]).startswith("2,11.3 ")
    assert rendering.spark_points([0, 9]) == "2,16.0 40,2.0"
    assert 'aria-label="Last 5 scores: 2, 2, 3, 5, 6"' in part("{{ ui.trend([2, 2, 3, 5, 6]) }}")


def test_a_range_bar_changes_shape_when_out_of_range() -> None:
    assert "<circle" in part("{{ ui.range_bar(136, 133, 146, 120, 160) }}")
    assert "<path" in part("{{ ui.range_bar(6.4, 3.5, 5.3, 2, 8) }}")


@pytest.mark.parametrize(
    ("born", "words"),
    [
        (dt.date(2026, 11, 20), "3 d"),
        (dt.date(2026, 9, 20), "9 wk"),
        (dt.date(2025, 9, 24), "13 mo"),
        (dt.date(1956, 3, 12), "70 y"),
        (dt.date(1956, 11, 24), "69 y"),
        (None, "Not known"),
    ],
)
def test_ages(born: dt.date | None, words: str) -> None:
    assert times.age(born) == words


def test_times_are_shown_in_the_hospitals_zone() -> None:
    summer = dt.datetime(2026, 7, 1, 23, 30, tzinfo=dt.UTC)
    assert times.clock(summer) == "00:30"
    assert times.daytime(summer) == "02-Jul-2026 00:30"
    assert times.day(None) == ""


def test_a_time_of_another_day_says_its_day() -> None:
    assert times.near(NOW - dt.timedelta(minutes=5)) == times.clock(NOW - dt.timedelta(minutes=5))
    yesterday = NOW - dt.timedelta(days=1)
    assert times.near(yesterday) == f"{times.day_short(yesterday)} {times.clock(yesterday)}"
    assert times.near(None) == ""
    assert times.day_short(NOW - dt.timedelta(days=400)) == times.day(NOW - dt.timedelta(days=400))
    assert times.day_brief(NOW - dt.timedelta(days=2)) == times.day(NOW - dt.timedelta(days=2))[:6]


def test_relative_times_beside_absolute_ones() -> None:
    assert times.relative(NOW + dt.timedelta(minutes=35)) == "in 35 min"
    assert times.relative(NOW - dt.timedelta(minutes=12)) == "12 min late"
    assert times.relative(NOW + dt.timedelta(minutes=100)) == "in 1 h 40"
    assert times.ago(NOW - dt.timedelta(hours=3)) == "3 h 00 ago"


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.5, "0.5"), (5.0, "5"), (1000, "1,000"), ("2.50", "2.5"), (0, "0")],
)
def test_numbers_of_doses(value: float | str, words: str) -> None:
    assert rendering.dose_number(value) == words


def test_identifiers_read_in_groups() -> None:
    assert rendering.ident("9434765919") == "943 476 5919"
    assert rendering.ident("NG000123") == "NG000123"


def test_the_shell_holds_the_content_and_only_the_roles_own_pages() -> None:
    page = render(
        "shell.html",
        content="<h1>Ward 7</h1>",
        title="Ward 7",
        section="patients",
        caller=SimpleNamespace(
            display_name="R. Okafor",
            initials="RO",
            role_words="Nurse",
            hospital_name="Northgate",
            ward_name="",
            id="p1",
            hospital_id="h1",
            keep="",
        ),
        nav=[SimpleNamespace(href="/wards", icon="users", label="Patients", current=True)],
        display="dark.compact",
        now=NOW,
    )
    assert 'data-theme="dark" data-density="compact"' in page
    assert "<h1>Ward 7</h1>" in page
    assert 'aria-current="page"' in page
    assert "<live-page" not in page
    assert "data-keep" not in page
    assert "style=" not in page
    assert "<script>" not in page


def test_a_problem_links_to_its_fields() -> None:
    problem = {
        "status": 422,
        "code": "invalid",
        "title": "Check the values",
        "detail": "",
        "fields": {"pulse": "High"},
    }
    assert 'href="#field-pulse"' in render("problem.html", problem=problem)


def task(number: int) -> Task:
    """A task whose words hold what would be markup."""
    at = NOW + dt.timedelta(minutes=number)
    return Task(
        id=UUID(int=number), kind="escalation", title=f"Task {number} <b>", reason="", priority="urgent", state="open",
        owner_role="nurse", owner_words="Nurse in charge", next_words="", due_at=at, climbs_at=None, created_at=NOW,
        acknowledged_at=None, acknowledged_by_id=None, acknowledged_by=None, ward_id=None, person_id=None,
        encounter_id=None, family=None, given=None, bed_label=None, version=1, subject_key="",
    )  # fmt: skip


def test_kept_rows_stand_where_the_template_puts_them_and_a_page_is_whole_each_time() -> None:
    tasks = [task(3), task(1), task(2)]
    first, again = (render("tasks/worklist.html", page=Worklist(tasks, None), can=frozenset(), now=NOW) for _ in "12")
    assert first == again
    assert rendering._mark not in first
    assert re.findall(r"Task (\d) &lt;b&gt;", first) == ["3", "1", "2"]
    assert first.index('id="tasks-body"') < first.index("Task 3") < first.index("Task 2") < first.index("</tbody>")
    fewer = render("tasks/worklist.html", page=Worklist(tasks[:1], None), can=frozenset(), now=NOW)
    assert re.findall(r"Task (\d) &lt;b&gt;", fewer) == ["3"]


def test_a_part_that_is_kept_holds_no_marks_of_the_page_it_was_first_on() -> None:
    kept = list[str]()
    token = times.moment.set(times.Moment(NOW, LONDON, frozenset(), kept))
    try:
        text = rendering.pieces.get("tasks/worklist.html", {"page": Worklist([task(7)], None)})
    finally:
        times.moment.reset(token)
    assert "Task 7" in text
    assert kept == []


def test_what_a_template_asks_about_can_be_read_from_its_text() -> None:
    """What is rendered for several roles at once is told apart by these words; one asked in another way would be missed."""
    for name in template_names():
        source = rendering.source_of(name) or ""
        asked = re.findall(r'"\w+" (?:not )?in can\b', source)
        assert len(re.findall(r"\bin can\b", source)) == len(asked), name
    assert rendering.looked_at("beds/board_row.html") == {"read_patient", "read_chart"}
    assert {"acknowledge_task", "read_patient", "supply_ward"} <= rendering.looked_at("beds/ward.html")


@pytest.mark.parametrize("name", ["problem.html", "problem_page.html"])
@pytest.mark.parametrize("status", [401, 403, 404, 409, 429, 500, 503])
def test_every_problem_can_be_shown_with_what_it_has(name: str, status: int) -> None:
    least = {"status": status, "code": "code", "title": "The title"}
    assert "The title" in render(name, problem=least)
    assert "The title" in render(
        name, problem={**least, "detail": "Why", "fields": {}, "request_id": "abc", "current": {}}
    )


def test_static_addresses_change_with_their_content() -> None:
    assert rendering.asset("css/tokens.css").startswith("/static/css/tokens.css?v=")
    assert not rendering.asset("css/tokens.css").endswith("=0")


@pytest.mark.parametrize("name", template_names())
def test_macros_stand_before_their_first_use(name: str) -> None:
    """MiniJinja does not mind; Jinja2 would find nothing."""
    source = rendering.source_of(name) or ""
    for macro in re.finditer(r"{%-? macro (\w+)\(", source):
        used = re.search(r"(?<![\w.])" + macro[1] + r"\(", source)
        assert used is None or used.start() >= macro.start(), macro[1]


def test_no_kept_part_of_a_page_holds_another() -> None:
    """What a part asks about the rights is read from its own text; another part within it would not count."""
    named = re.compile(r'(?:panel|rows)\("([\w./]+)"')
    kept = {found for name in template_names() for found in named.findall(rendering.source_of(name) or "")}
    assert {"banner.html", "chart/notes.html", "beds/board_row.html"} <= kept
    holding = re.compile(r"(?<![\w.])(?:panel|rows)\(|ui\.patient_banner\(")
    assert [name for name in sorted(kept) if holding.search(rendering.source_of(name) or "")] == []
