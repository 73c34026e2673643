"""Every head that the library ships. A new one is a module with its `RECIPES`, and a line here."""

from __future__ import annotations

from typing import Final

from receptionist.training import intents, triage, yes_no
from receptionist.training.recipes import Recipe

RECIPES: Final[tuple[Recipe, ...]] = (*intents.RECIPES, *triage.RECIPES, *yes_no.RECIPES)
