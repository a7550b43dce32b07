"""A simulated firm: what its systems would export, with a cause put in, or none.

It writes rows and absences only. It knows no term, no rule and no limit, so a rule base cannot be tuned to it by way of
its own words: `tests/test_simulation.py` reads what these modules import and what they name.
"""

from salesdx.facts.simulation.causes import CAUSES, EFFECT_RANGES, Effects
from salesdx.facts.simulation.export_tables import export_files
from salesdx.facts.simulation.firms import SimulatedFirm, simulate
from salesdx.facts.simulation.traps import TRAPS

__all__ = ["CAUSES", "EFFECT_RANGES", "TRAPS", "Effects", "SimulatedFirm", "export_files", "simulate"]
