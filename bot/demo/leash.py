"""Owns the leash between the sandbox and the app beside it: `python -m bot.demo.leash COMMAND ...`.

Whoever starts it keeps the other end of its standard input. When that end closes, were it by kill -9, the app is told
to end. A pipe does this on every POSIX system; Linux alone could do it by prctl.
"""

import os
import signal
import sys


def hold(command: list[str]) -> None:
    """Become `command`, under the process id at hand, with a child that watches."""
    app = os.getpid()
    if os.fork() == 0:
        _watch(app)
    os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
    os.execv(command[0], command)


def _watch(app: int) -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    if os.getppid() == app:  # else it has ended before us, and its number may be somebody else's by now
        os.kill(app, signal.SIGTERM)
    os._exit(0)


if __name__ == "__main__":
    hold(sys.argv[1:])
