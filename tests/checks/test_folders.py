"""A reader can survey each folder of the product: no folder has more than fifteen modules."""

import ast
from pathlib import Path

import pytest
from support.product import PACKAGES, ROOT

FOLDERS = sorted({file.parent for package in PACKAGES for file in (ROOT / package).rglob("*.py")})
MOST_MODULES = 15


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_a_folder_has_fifteen_modules_at_most(folder: Path) -> None:
    """More belong into folders with names of their own."""
    modules = [file.name for file in folder.glob("*.py") if file.name != "__init__.py"]
    assert len(modules) <= MOST_MODULES, sorted(modules)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_a_package_says_what_it_holds(folder: Path) -> None:
    """In the docstring of its `__init__.py`."""
    assert ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8")))
