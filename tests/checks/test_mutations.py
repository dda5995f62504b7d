"""Each mutation can be made: `make mutations` itself takes too long to run with every change."""

import pytest
from mutations import MUTATIONS, Mutation
from support.product import ROOT


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_guard_stands_once_in_its_file(mutation: Mutation) -> None:
    """And its tests exist."""
    assert (ROOT / mutation.file).read_text(encoding="utf-8").count(mutation.guard) == 1
    assert all((ROOT / path.partition("::")[0]).exists() for path in mutation.tests.split() if path.startswith("tests"))
