"""A process that does not end when asked: `python -m tests.fakes_stubborn`."""

import json
import os
import signal
import time
from pathlib import Path

if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    path = Path(os.environ["STUBBORN_READY_FILE"])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"service": "stubborn", "pid": os.getpid()}))
    time.sleep(60)
