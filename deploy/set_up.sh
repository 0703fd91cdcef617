#!/bin/sh
# Finds a Python that fits and hands over to set_up.py. Name one of your own with PYTHON=/path/to/python3.
set -eu
found=none
for name in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
    version=$("$name" -c 'import platform; print(platform.python_version())' 2>/dev/null) || continue
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
        exec "$name" "$(dirname "$0")/set_up.py" "$@"
    fi
    found=$version
done
echo "MentorReady needs Python 3.11 or newer (found: $found)." \
    "Install one (Debian, Ubuntu: apt-get install python3 python3-venv), or name one: PYTHON=/path/to/python3 make run" >&2
exit 1
