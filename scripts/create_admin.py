"""Make a network administrator: python scripts/create_admin.py --email you@hospital.example. Same as `wardline admin create`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from wardline.cli import main

if __name__ == "__main__":
    main(["admin", "create", *sys.argv[1:]], prog_name="create_admin.py")
