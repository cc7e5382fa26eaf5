#!/usr/bin/env bash
# Gradescope runs this once, as root, when it builds the autograder's image: the Python and the packages that marks were tried
# with, the sandbox, and one grading of the exercise as students get it, so that what does not work here shows now.
set -euo pipefail
course=/autograder/source/course
export DEBIAN_FRONTEND=noninteractive UV_PYTHON_INSTALL_DIR=/opt/python UV_NO_CACHE=1

apt-get update
apt-get install -y --no-install-recommends ca-certificates python3-venv bubblewrap libseccomp2

python3 -m venv /opt/uv
/opt/uv/bin/pip install "$(sed -n 's/^\(uv==[^ ;]*\).*/\1/p' "$course/requirements/lock.txt")"
/opt/uv/bin/uv venv --python @PYTHON@ --managed-python /opt/course
/opt/uv/bin/uv pip sync --python /opt/course/bin/python --compile-bytecode "$course/requirements/lock.txt"

bash /autograder/source/run_autograder --prepare
