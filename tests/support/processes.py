"""Processes of tests that go side by side."""

ONE_CORE = {"LOKY_MAX_CPU_COUNT": "1"}  # as many go side by side as there are cores
