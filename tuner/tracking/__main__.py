"""One tracker's process: ``python -m tuner.tracking NAME FOLDER``, begun by `processes`."""

import sys
from pathlib import Path

from tuner.tracking.follower import follow

follow(sys.argv[1], Path(sys.argv[2]))
