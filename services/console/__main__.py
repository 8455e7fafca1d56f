"""`python -m services.console [ROLE ...]` runs console, whole or only those roles."""

import sys

from chassis.service import run
from chassis.settings import load
from services.console.main import build
from services.console.settings import Settings

if __name__ == "__main__":
    run(lambda: build(load(Settings)), sys.argv[1:])
