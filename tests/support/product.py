"""The product: its packages, as pyproject.toml lists them for the wheel, and its command."""

import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
_HATCH = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]
PACKAGES: list[str] = _HATCH["build"]["targets"]["wheel"]["packages"]
RELAY = Path(sys.executable).with_name("relay")
"""The command, as it is installed beside the Python that runs the tests."""
