"""Looks at an export from a process of its own, as a stranger would."""

import os
import subprocess
import sys
from pathlib import Path

from kerasapp.errors import WorkError


def run_apart(script: Path, *words: str | Path, failed: str, **environment: str) -> str:
    """The standard output of a script that gets these words, with `environment` besides ours.

    Raises WorkError where it fails: `failed`, and the last line of its stderr.
    """
    command = [sys.executable, "-P", str(script), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", env={**os.environ, **environment})
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        raise WorkError(f"{failed}: {reason}")
    return done.stdout
