"""Which documents a trainer was given, at which step: a log beside the run, and the answers that it gives. Floor 8.

A run keeps one file per rank, ``consumption-RANK.log`` in one folder (:mod:`.writing`, the layout in :mod:`.frames`). From it
come the records of a step and the steps of a record (:mod:`.reading`, :mod:`.telling`). Where Megatron's own loader
read the shards, its index arrays say the same (:mod:`.megatron`).
"""

from rightful.export.consumption.writing import ConsumptionLog as ConsumptionLog
