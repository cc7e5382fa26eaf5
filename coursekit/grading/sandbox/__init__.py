"""The sandbox: one submission runs in it, with its checks, and nothing else comes within its reach.

- ``doctor``: which protections hold on this machine
- ``supervisor``: starts the process that forks behind walls
- ``run``: one submission, watched from outside
- ``bubblewrap``: the command that shuts in
- ``limits``, ``syscalls``, ``usage``: what a submission may take; what it may not ask the kernel
  for; what it takes
- ``inside``: what runs behind the walls
"""
