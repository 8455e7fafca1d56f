"""`python -m services.outbox [ROLE ...]` runs outbox, whole or only those roles."""

import sys

from chassis.service import run
from chassis.settings import load
from services.outbox.main import build
from services.outbox.settings import Settings

if __name__ == "__main__":
    run(lambda: build(load(Settings)), sys.argv[1:])
