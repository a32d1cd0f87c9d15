"""What other slices use of notes: the words of their kinds, and the beginning of a text."""

from wardline.notes.rules import KIND_WORDS, Kind, excerpt

__all__ = ["KIND_WORDS", "Kind", "excerpt"]
