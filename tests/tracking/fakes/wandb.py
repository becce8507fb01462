"""Stands in for the package of its name: writes down what it is told, raises, or sleeps.

``FAKE_WANDB`` says which: the name of a file, "raises" or "sleeps".
"""

import json
import os
import time

WHAT = os.environ["FAKE_WANDB"]


class Settings:
    """Takes all there is."""

    def __init__(self, **settings):
        pass


class Run:
    """One run."""

    step = 0

    def __init__(self, name, config):
        self.name, self.config, self.summary = name, config, {}

    def log(self, metrics, step):
        if WHAT == "raises":
            raise ConnectionError("no route to host")
        if WHAT == "sleeps":
            time.sleep(3600)
        note(self.name, step, metrics)

    def finish(self, exit_code):
        note(self.name, "finish", {"exit": exit_code, **self.summary})


def note(*what):
    """Write down what was told."""
    with open(WHAT, "a") as file:
        file.write(json.dumps(what) + "\n")


def init(name, config, **more):
    """Begin a run."""
    config = type("Config", (dict,), {"update": lambda self, new, **_: dict.update(self, new)})()
    return Run(name, config)
