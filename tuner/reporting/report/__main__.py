"""Make a report in a process of its own that gives way to all others.

python -m tuner.reporting.report runs/NAME
"""

import os
import sys
from pathlib import Path

from tuner.findings import findings_of
from tuner.reporting.report.write import write_report
from tuner.trials.record import read_record

if __name__ == "__main__":
    os.nice(10)
    record = read_record(Path(sys.argv[1]))
    write_report(record, findings_of(record))
