"""A service that breaks a promise turns the matrix red: what is green is green because the promise is kept."""

from __future__ import annotations

import random

import pytest

from faults.matrix import play_mutant
from faults.mutants import MUTANTS, Mutant
from faults.report import complaints
from faults.stage import Servers
from harness.mutations import MUTATIONS


def test_every_mutation_has_a_scenario_that_exposes_it() -> None:
    assert {mutant.mutation for mutant in MUTANTS} == set(MUTATIONS)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.mutation)
async def test_the_matrix_is_red(servers: Servers, mutant: Mutant) -> None:
    row = await play_mutant(servers, mutant, random.randrange(10_000))
    assert row.good, "\n".join([f"{mutant.name} was not noticed", *complaints(row)])
