"""`python -m services.feedback [ROLE ...]` runs feedback, whole or only those roles."""

import sys

from chassis.service import run
from chassis.settings import load
from services.feedback.main import build
from services.feedback.settings import Settings

if __name__ == "__main__":
    run(lambda: build(load(Settings)), sys.argv[1:])
