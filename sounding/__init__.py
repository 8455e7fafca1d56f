"""The command line of Sounding."""

import os
import signal

END = 128 + signal.SIGTERM
"""How a shell tells of a process that SIGTERM ended."""

# The first process of a container ends by no signal that it has not asked for: what is told to stop while it loads, or has no way
# of its own to stop, would be killed once patience has run out. So it asks before it loads anything.
if os.getpid() == 1:
    signal.signal(signal.SIGTERM, lambda *_: os._exit(END))
