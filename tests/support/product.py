"""The packages of the product, as pyproject.toml lists them for the wheel."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
_HATCH = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]
PACKAGES: list[str] = _HATCH["build"]["targets"]["wheel"]["packages"]
