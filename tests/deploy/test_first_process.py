"""A container's first process gets no signal that it has not asked for; whatever it does, it ends when told to."""

import subprocess
import sys

import pytest

TOLD_TO_STOP = "import os, signal; os.getpid = lambda: {pid}; import sounding; signal.raise_signal(signal.SIGTERM)"


@pytest.mark.parametrize(("pid", "code"), [(1, 143), (2, -15)], ids=["the first asks for it", "others need not"])
def test_the_command_line_ends_when_told_to_while_it_loads(pid: int, code: int) -> None:
    done = subprocess.run([sys.executable, "-c", TOLD_TO_STOP.format(pid=pid)], check=False, timeout=30)

    assert done.returncode == code
