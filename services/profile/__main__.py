"""`python -m services.profile [ROLE ...]` runs profile, whole or only those roles."""

import sys

from chassis.service import run
from chassis.settings import load
from services.profile.main import build
from services.profile.settings import Settings

if __name__ == "__main__":
    run(lambda: build(load(Settings)), sys.argv[1:])
