#!/bin/sh
# Makes .venv with everything in it, from nothing but Python 3.11 or later. Does nothing when it is up to date.
set -eu

UV_VERSION=0.13.9
NEEDED_KB=3000000
stamp=.venv/.installed

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

wanted() {
    # What .venv is made from; the folder too, since its scripts name it.
    { pwd; echo "$UV_VERSION"; cat pyproject.toml contracts/pyproject.toml uv.lock; } | cksum
}

if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(wanted)" ]; then
    exit 0
fi

find_python() {
    for candidate in "${PYTHON:-python3}" python3 python3.14 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
}

python=$(find_python)
[ -n "$python" ] || fail \
    "Sounding needs Python 3.11 or later, and none was found." \
    "Install one, or name it: make up PYTHON=/path/to/python3.12"

free=$(df -Pk . | awk 'NR == 2 {print $4}')
[ "$free" -ge "$NEEDED_KB" ] || fail \
    "Only $((free / 1000)) MB are free here; installing needs $((NEEDED_KB / 1000)) MB. Make room first."

rm -f "$stamp"
if ! .venv/bin/python -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "… making .venv with $("$python" --version)"
    "$python" -c 'import ensurepip, venv' 2>/dev/null || fail \
        "This Python ($python) cannot make virtual environments." \
        "On Debian and Ubuntu: sudo apt install python3-venv" \
        "Or name another Python: make up PYTHON=/path/to/python3.12"
    "$python" -m venv --clear .venv
fi

if [ "$(.venv/bin/uv --version 2>/dev/null | awk '{print $2}')" != "$UV_VERSION" ]; then
    echo "… installing uv $UV_VERSION"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check "uv==$UV_VERSION" || fail \
        "Could not install uv. Is the package registry reachable? Behind a proxy, set HTTPS_PROXY."
fi

echo "… installing Python packages, with a Java runtime and MongoDB among them (some minutes the first time)"
UV_PYTHON_DOWNLOADS=never .venv/bin/uv sync --frozen --all-extras --python .venv/bin/python || fail \
    "Could not install the packages. Run the same again: what was fetched is kept."

wanted > "$stamp"
