"""A service with a rule broken on purpose: `python -m tests.chaos.broken ack-first profile --only streams`.

The oracle must notice. Product code has no switch for this.
"""

import sys

from tests.chassis.toy_process import WRONG


def main() -> None:
    """Break the rule, then run the service as `sounding run` does."""
    WRONG[sys.argv[1]]()
    sys.argv = ["sounding", "run", *sys.argv[2:]]
    from sounding.__main__ import main as run

    run()


if __name__ == "__main__":
    main()
