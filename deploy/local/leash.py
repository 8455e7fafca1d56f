"""Become another program that ends when the one that started it ends: `leash.py PARENT SIGNAL ARGV...`.

A launcher of its own, because setting this between fork and exec of a program with threads may hang it.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ask the kernel for the signal, make sure that the parent still lives, then become the program."""
    parent, number, argv = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit("The program that started this one is gone.")
    os.execv(argv[0], argv)  # noqa: S606


if __name__ == "__main__":
    main()
