"""`python -m receptionist train`: makes every head's weights, or with --check tells which are out of date."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from receptionist.training.registry import RECIPES


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the weights into the package; returns 1 when `--check` found weights that don't match the corpora."""
    parser = argparse.ArgumentParser(prog="receptionist train", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail when weights are out of date")
    parser.add_argument("names", nargs="*", help="which heads (default: all)")
    options = parser.parse_args(arguments)
    unknown = set(options.names) - {recipe.name for recipe in RECIPES}
    if unknown:
        parser.error(f"no such head: {', '.join(sorted(unknown))}")
    stale = 0
    for recipe in RECIPES:
        if options.names and recipe.name not in options.names:
            continue
        made = recipe.make().dump()
        same = recipe.path.exists() and recipe.path.read_text("ascii") == made
        if not same and not options.check:
            recipe.path.write_text(made, "ascii")
        stale += not same
        state = "unchanged" if same else "out of date" if options.check else "written"
        print(f"{recipe.name}: {state}, {len(made):,} bytes")
    return 1 if options.check and stale else 0
