"""How Hypothesis looks for examples while mutants are hunted: the same ones each time, and no time lost on small ones.

A pytest plugin of `make mutants` (scripts/mutants.py).
"""

from __future__ import annotations

from hypothesis import Phase, settings

# A mutant must not be killed by a slow machine (deadline), nor by luck, nor live on in a database of examples.
settings.register_profile(
    "mutants",
    settings(database=None, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate)),
)
settings.load_profile("mutants")
