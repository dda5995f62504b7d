"""`make mutations` takes minutes; these tests show at once that each of its mutations still fits the code."""

from pathlib import Path

import mutations
import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("mutation", mutations.MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_guard_that_a_mutation_removes_is_in_the_code_once(mutation: mutations.Mutation) -> None:
    """A mutation of text that has changed would test nothing."""
    assert (ROOT / mutation.file).read_text(encoding="utf-8").count(mutation.guard) == 1


@pytest.mark.parametrize("mutation", mutations.MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_mutation_is_run_with_tests_that_exist(mutation: mutations.Mutation) -> None:
    """A file or a folder that has moved would make pytest fail without running a test."""
    assert all((ROOT / path).exists() for path in mutation.tests.split())


@pytest.mark.parametrize("mutation", mutations.MUTATIONS, ids=lambda mutation: mutation.name)
def test_the_folders_of_a_mutation_are_copied(mutation: mutations.Mutation) -> None:
    """The copy has the file that is changed and the tests that run."""
    assert {Path(path).parts[0] for path in (mutation.file, *mutation.tests.split())} <= set(mutations.COPIED)
