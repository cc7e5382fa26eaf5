"""Processes of tests that go side by side, and for how long."""

# As many go side by side as there are cores.
ONE_CORE = {"LOKY_MAX_CPU_COUNT": "1"}
# Seconds after which something hangs: ten times what the slowest takes on a machine of its own.
HANGS = 3600
