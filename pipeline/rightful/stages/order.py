"""The stages, in the order of their columns in a record. Floor 3: a new stage is a file and a line here."""

from __future__ import annotations

from rightful.stages import TextStage
from rightful.stages.classifier import Classifier
from rightful.stages.decontaminate.stage import Decontaminate
from rightful.stages.language.stage import Language
from rightful.stages.normalize import Normalize
from rightful.stages.pii.stage import PersonalData
from rightful.stages.quality.stage import Quality
from rightful.stages.statistics import Statistics

STAGES: tuple[type[TextStage], ...] = (
    Normalize,
    Language,
    Statistics,
    Quality,
    Classifier,
    Decontaminate,
    PersonalData,
)
"""All stages that a recipe has a table for. Every record has their columns, also of those that its recipe leaves out."""

ALWAYS = (Normalize.name, Statistics.name)
"""Those that every recipe runs, first: identity, digests and sizes come from them."""
OPTIONAL = tuple(stage.name for stage in STAGES if stage.name not in ALWAYS)
"""Those that a recipe may leave out, in the order in which they run; each looks at the text alone."""
