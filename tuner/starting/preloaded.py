"""What a fork server imports: nothing of a user's, which may be edited while a search runs."""

import ctypes
import importlib
import os
import signal

from tuner.starting.quiet import import_tensorflow

# PR_SET_PDEATHSIG: a server whose driver has gone need not come to the end of its import.
ctypes.CDLL(None).prctl(1, signal.SIGKILL)
# These were for this process, not for those that a model of the user's may start.
os.environ.pop("PYTHONSAFEPATH", None)
if path := os.environ.pop("PYTHONPATH", "").partition(os.pathsep)[2]:
    os.environ["PYTHONPATH"] = path
# Whoever has looked for a GPU cannot lend it to a process that is forked.
import_tensorflow(look_for_gpus=False)
importlib.import_module("keras_tuner")
