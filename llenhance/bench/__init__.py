"""How fast a model enhances on this machine: start at `measure_apart`."""

from llenhance.bench.comparison import Against
from llenhance.bench.measure import Ran, Setting, Speed, measure, measure_apart
from llenhance.bench.probes import photograph

__all__ = ["Against", "Ran", "Setting", "Speed", "measure", "measure_apart", "photograph"]
