"""Runs benchmarks: python -m benchmarks [NAME [OPTIONS]]; without a name, the short ones."""

import importlib
import pkgutil
import sys

import benchmarks

SHORT = ("epoch_time", "trial_cost", "whole_search")


def main() -> int:
    """Run what the command line names; return 2 for a name that is none."""
    names = sorted(
        m.name for m in pkgutil.iter_modules(benchmarks.__path__) if m.name != "__main__"
    )
    runnable = [n for n in names if hasattr(importlib.import_module(f"benchmarks.{n}"), "main")]
    chosen = sys.argv[1:2] or SHORT
    if not set(chosen) <= set(runnable):
        print(f"benchmarks: expected one of {', '.join(runnable)}, received {chosen[0]}")
        return 2
    sys.argv = sys.argv[1:] or sys.argv
    for name in chosen:
        print(f"\n=== {name}", flush=True)
        importlib.import_module(f"benchmarks.{name}").main()
    return 0


if __name__ == "__main__":
    sys.exit(main())
