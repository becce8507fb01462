"""Make a report in a process of its own that gives way to all others.

python -m tuner.reporting.report runs/NAME
"""

import os
import sys
from pathlib import Path

from tuner.record import read_record
from tuner.reporting.report.files import write_report

if __name__ == "__main__":
    os.nice(10)
    write_report(read_record(Path(sys.argv[1])))
