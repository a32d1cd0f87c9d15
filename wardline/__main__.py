"""`python -m wardline` is the `wardline` command."""

from wardline.cli import main

main(prog_name="wardline")
