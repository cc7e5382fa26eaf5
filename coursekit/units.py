"""Units of what is counted."""

MIB = 2**20  # bytes, written MiB in messages
