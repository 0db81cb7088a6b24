"""What of llenhance works on this machine, tried and not assumed: `examine` is the way in.

`devices.py` is about what there is to compute on (`limits.py`: what of it this process may use),
`formats.py` about formats of pictures, `places.py` about folders; `trials.py` enhances a small
picture in each precision, `problem.py` is what they find wrong, `report.py` all of it together.
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
