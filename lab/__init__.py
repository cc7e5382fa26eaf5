"""The course's experiment engine: train a Keras model thousands of times in the time of a coffee.

- ``fit``      trains one compiled model; a drop-in for ``model.fit``
- ``repeat``   trains one kind of model with many seeds
- ``sweep``    does that for every combination of some settings
- ``paired_effect``  gives the effect of one arm against another, its 95 % interval and what it says
- ``until_narrow``  runs an experiment until its intervals are narrow enough
- ``chosen``  is a setting that pilot runs chose
- ``conclude``  puts a claim of the course to the test, and records every run
- ``decisive``  gives the effects on which that verdict will rest
- ``verify``  shows and records that an identity holds
- ``compare``  gives the mean paired difference, its 95 % interval and a verdict
- ``settle``   puts a claim of the course to the test with two sets of seeds
- ``record``   shows numbers that a page's text rests on, and stores them with their spread
- ``panels``, ``plot_…``  the course's figures

For the tiny networks of this course nearly all of ``model.fit``'s time goes into starting each
batch anew. ``fit`` builds *one* program out of Keras' own ``train_step`` and ``test_step``: every
epoch, batch, shuffle and validation pass of the whole run, compiled by XLA, TensorFlow's compiler.
The model, the loss, the optimizer and the arithmetic are Keras' own; only the loop around them
changes. Begin with the section ``loop``.

Uses only what comes with tensorflow, scikit-learn, matplotlib and pandas.
"""

import lab.environment  # noqa: F401 - comes before TensorFlow
from lab.claims import Claim, Comparison, compare
from lab.conclusions import Conclusion, conclude, decisive, verify
from lab.experiments import chosen, until_narrow
from lab.figures import (
    Region,
    full_scale,
    paint_region,
    panels,
    plot_claim,
    plot_comparisons,
    plot_conclusion,
    plot_history,
    plot_points,
    plot_regions,
    plot_runs,
    plot_setting,
)
from lab.kept import kept
from lab.loop import fit
from lab.records import RECORD_TYPE, record, settle
from lab.rule import MEASURES, Effect, Measure, paired_effect
from lab.runs import Data, Runs, Split, Sweep, repeat, sweep

__all__ = [
    "MEASURES",
    "RECORD_TYPE",
    "Claim",
    "Comparison",
    "Conclusion",
    "Data",
    "Effect",
    "Measure",
    "Region",
    "Runs",
    "Split",
    "Sweep",
    "chosen",
    "compare",
    "conclude",
    "decisive",
    "fit",
    "full_scale",
    "kept",
    "paint_region",
    "paired_effect",
    "panels",
    "plot_claim",
    "plot_comparisons",
    "plot_conclusion",
    "plot_history",
    "plot_points",
    "plot_regions",
    "plot_runs",
    "plot_setting",
    "record",
    "repeat",
    "settle",
    "sweep",
    "until_narrow",
    "verify",
]
