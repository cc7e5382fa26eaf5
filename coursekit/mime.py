"""Types of what a notebook's outputs hold beside text and pictures."""

RECORDS = "application/vnd.lab.record+json"  # numbers and verdicts that a run recorded
VEGA_LITE = "application/vnd.vegalite.v5+json"  # figures with a slider
