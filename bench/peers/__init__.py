"""Two other ways of doing the door's work, measured in the same run: the bare ceiling and the usual choice."""
