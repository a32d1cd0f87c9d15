"""The pure rules of notes: marked copies, excerpts, templates."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from wardline.notes.prompts import TEMPLATES, templates_for
from wardline.notes.rules import SECTIONS, WRITERS, Kind, excerpt, kinds_of, marked_copy, segments

NOW = datetime(2026, 11, 26, 14, 32, tzinfo=UTC)
PLAIN = st.text(
    alphabet=st.characters(blacklist_characters="⟦⟧\r", blacklist_categories=["Cs", "Cc"]), min_size=1
).filter(lambda text: text.strip() == text and text)


@given(before=PLAIN, copied=PLAIN, after=PLAIN)
def test_a_copy_is_found_again_between_what_was_written(before: str, copied: str, after: str) -> None:
    text = f"{before}\n{marked_copy('Problems', copied, NOW)}\n{after}"
    assert [(s.text, s.source) for s in segments(text)] == [(before, ""), (copied, "Problems"), (after, "")]


@given(st.text(max_size=3000))
def test_no_word_of_any_text_is_dropped(text: str) -> None:
    shown = "".join("".join(s.text.split()) for s in segments(text))
    if "⟦" not in text:
        assert shown == "".join(text.split())
    assert len(excerpt(text)) <= 162


def test_a_copy_inside_a_copy_stays_a_copy_to_its_end() -> None:
    inner = f"Go on.\n{marked_copy('Problems', 'Asthma ⟦old⟧', NOW)}\nOxygen."
    [found] = segments(marked_copy("Plan ⟦1⟧", inner, NOW))
    assert (found.source, found.text.splitlines()[0], found.text.splitlines()[-1]) == ("Plan [1]", "Go on.", "Oxygen.")
    assert "[end of copy]" in found.text


def test_an_excerpt_names_a_copy_and_leaves_it_out() -> None:
    copy = marked_copy("Observations of 26-Nov-2026", "14:20  RR 18", NOW)
    assert excerpt(f"Better.\n{copy}\nGo on.") == "Better. [Observations of 26-Nov-2026] Go on."


def test_every_kind_has_sections_and_writers() -> None:
    for kind in Kind:
        keys = [section.key for section in SECTIONS[kind]]
        assert len(keys) == len(set(keys)) >= 4
        assert WRITERS[kind]
    assert kinds_of("nurse") == [Kind.NURSING, Kind.INCIDENT, Kind.HANDOVER]
    assert kinds_of("receptionist") == []


def test_templates_name_sections_that_are_there_and_the_stays_specialty_comes_first() -> None:
    known = {section.key for kind in Kind for section in SECTIONS[kind]}
    for template in TEMPLATES.values():
        assert set(template.sections) <= known, template.key
        assert any(template.fits(kind) for kind in Kind)
    for kind in Kind:
        assert templates_for(kind), kind
    assert templates_for(Kind.CASE_SHEET, "Respiratory medicine")[0].key == "respiratory_medicine"
    assert templates_for(Kind.PROGRESS, "Paediatric ward")[0].key == "paediatrics"
