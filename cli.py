"""Runs salesdx from a checkout: ``python cli.py diagnose examples/late-delivery.yaml``."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "src"))

from salesdx.__main__ import main

if __name__ == "__main__":
    main()
