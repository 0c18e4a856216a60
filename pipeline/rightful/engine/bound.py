"""Imported first by a process that others are forked from: from now on it ends with the one that started it. Floor 2.

It would go on loading for seconds after the driver was killed, with the terminal in its hands. What is forked from it is not bound
so, and watches its driver itself.
"""

from __future__ import annotations

import ctypes
import signal
import sys

_PR_SET_PDEATHSIG = 1
if sys.platform == "linux" and sys.argv[:1] == ["-c"]:  # as such a server is started; whoever else imports this goes on
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
