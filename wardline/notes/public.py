"""What other slices use of notes: the words of their kinds, and the beginning of a text."""

from wardline.notes.rules import KIND_WORDS, Kind, excerpt
from wardline.notes.timeline import TIMELINE

__all__ = ["KIND_WORDS", "TIMELINE", "Kind", "excerpt"]
