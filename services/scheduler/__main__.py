"""`python -m services.scheduler [ROLE ...]` runs scheduler, whole or only those roles."""

import sys

from chassis.service import run
from chassis.settings import load
from services.scheduler.main import build
from services.scheduler.settings import Settings

if __name__ == "__main__":
    run(lambda: build(load(Settings)), sys.argv[1:])
