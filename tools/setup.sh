#!/usr/bin/env bash
# Builds .venv from the locks. Usage: tools/setup.sh PACKAGE_DIR...
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
  || { echo "Python 3.11 or newer is needed: apt-get install python3 (or set PYTHON=...)" >&2; exit 1; }
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv
  else
    echo "Python's venv is missing: run 'sudo apt-get install python3-venv' and try again" >&2; exit 1
  fi
fi

[ -x .venv/bin/python ] || { echo "setup: creating .venv"; "$python" -m venv .venv; }
echo "setup: installing pinned packages (about 20 s)"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bootstrap.lock
.venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes -r requirements-dev.lock
editable=()
for package in "$@"; do editable+=(-e "$package"); done
.venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation "${editable[@]}"
touch .venv/ready
