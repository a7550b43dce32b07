"""Runs salesdx from a checkout: ``python cli.py diagnose examples/late-delivery.yaml``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "src"))

from salesdx.cli import main

if __name__ == "__main__":
    main()
