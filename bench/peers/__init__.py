"""Two other ways of doing the same works, measured in the same run: the bare ceiling and the usual choice."""

SIZES = "WARDLINE_BENCH_BYTES"  # tells the ceiling how long the product's answers are: {"board": 24000, ...}
