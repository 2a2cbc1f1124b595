"""`kerasapp` and `python -m kerasapp`."""

import sys


def main() -> None:
    from kerasapp.cli import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
