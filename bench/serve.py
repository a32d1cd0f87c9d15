"""Serve an application factory, `module:name`, with the settings of the environment, as `wardline web` does."""

import sys

from wardline.platform import settings
from wardline.platform.serve import serve

if __name__ == "__main__":
    serve(settings.load(), sys.argv[1])
