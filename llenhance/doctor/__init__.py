"""Find out by trying what works on this machine: start at `examine`.

`devices.py` looks at processors and GPUs (`limits.py`: how much of them this process may use),
`formats.py` at picture formats, and `places.py` at folders. `trials.py` enhances a small picture in
each precision. What they find wrong is a `problem.py`; `report.py` puts everything together.
"""

from llenhance.doctor.devices import Device, GpuSigns, unused_gpus
from llenhance.doctor.formats import Codec, try_codec
from llenhance.doctor.places import Place, look_at
from llenhance.doctor.problem import Problem
from llenhance.doctor.report import Report, WeightsFile, check_weights, examine
from llenhance.doctor.trials import Run, Trial, try_precisions

__all__ = [
    "Codec",
    "Device",
    "GpuSigns",
    "Place",
    "Problem",
    "Report",
    "Run",
    "Trial",
    "WeightsFile",
    "check_weights",
    "examine",
    "look_at",
    "try_codec",
    "try_precisions",
    "unused_gpus",
]
