"""A sample of each evidence page's runs, drawn anew each time, comes out as it is stored.

What a page's full run, `make evidence`, recorded is compared run by run, so that the time this
takes does not grow with the number of runs. A page that was changed is run in full, and what else
alters runs, the engine and TensorFlow, alters those of any page, so that one page is drawn, too.
"""

from random import Random

import pytest

from coursekit.pages.notebook import Page, is_sampled, pages, processor, read_notebook
from coursekit.paths import ROOT
from coursekit.results.runs import run_sample, sample, unlike
from tests.support.drawn import drawn

EACH = 1  # runs of each set of seeds, in each experiment

SAMPLED = [page for page in pages(ROOT) if is_sampled(read_notebook(page.notebook))]


@pytest.mark.slow
@pytest.mark.parametrize("page", drawn("evidence", SAMPLED, 3), ids=lambda page: page.name)
def test_a_sample_of_the_runs_comes_out_as_stored(page: Page) -> None:
    stored = read_notebook(page.notebook)
    drawn = Random().randrange(10**9)
    new = run_sample(stored, sample(stored, EACH, Random(drawn)))
    # Another kind of processor rounds otherwise, which training amplifies.
    exact = stored.metadata.course.built.get("processor") == processor()
    assert unlike(stored, new, exact) == [], f"the sample drawn by Random({drawn}), {exact=}"


def test_pages_whose_runs_are_sampled_are_found() -> None:
    assert "chapters/dropout_evidence" in [page.name for page in SAMPLED]
