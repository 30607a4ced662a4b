#!/bin/sh
# Prints the Python that make builds the environment with: sh book/python.sh [PYTHON]
# It is the one that is asked for, else the first on the path that fits, else one that uv brings. A Python fits where
# MXNet runs on it and where it can make environments.
set -u

CANDIDATES="python3.11 python3.10 python3.12 python3.13 python3.14 python3.15 python3 python"
MAIN=3.11
BROUGHT=_build/python LOG=_build/python.log
VERSION_FITS='import sys; sys.path[:0] = ["d2l_utils"]; from runtime import PYTHONS as known
sys.exit(not known[0] <= sys.version_info[:2] <= known[1])'
incomplete=  # a Python that MXNet runs on, but that cannot make environments

stop() {
    printf '%s\n' "$@" >&2
    exit 1
}

# Take a Python and end, or tell in $refusal why not. What MXNet refuses on a right version is the machine.
try() {
    if ! refusal=$("$1" d2l_utils/runtime.py 2>&1); then
        "$1" -B -c "$VERSION_FITS" 2>/dev/null && stop "$refusal"
    elif ! "$1" -c 'import ensurepip, venv' 2>/dev/null; then
        incomplete=$("$1" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
        refusal="it cannot make environments. $(remedy)"
    else
        printf '%s\n' "$1"
        exit
    fi
}

# Put uv at the end of the path, where it is not on it, and let it bring a Python.
bring() {
    PATH=$PATH:$PWD/_build/uv/bin
    uv --version || bring_uv || return
    # uv checks the archive by a hash of its own. Nothing is left outside _build: no cache, no link in a user's folder.
    UV_PYTHON_INSTALL_DIR=$BROUGHT UV_PYTHON_INSTALL_BIN=0 UV_NO_CACHE=1 UV_HTTP_RETRIES=0 uv python install $MAIN
}

# Any Python's pip will do: uv is a program by itself. Its pin and its hashes are those of the lock.
bring_uv() {
    export PIP_RETRIES="${PIP_RETRIES-0}"
    awk '/^[^ ]/ { ours = /^uv==/ } ours' requirements-dev.lock >_build/uv.txt
    for python in $CANDIDATES; do
        "$python" -m pip install --no-user --no-deps --require-hashes -r _build/uv.txt --target _build/uv && return
    done
    return 1
}

# What to do on this very system, in a line.
remedy() {
    system=$(uname)
    # shellcheck source=/dev/null
    [ ! -r /etc/os-release ] || system=$(. /etc/os-release && echo "$ID ${ID_LIKE-}")
    case " $system " in
    *" alpine "*) echo "MXNet has no wheel for Linux without glibc: use Debian, Ubuntu or Fedora, in a container, say." ;;
    *" debian "* | *" ubuntu "*) debian ;;
    *" fedora "* | *" rhel "*) echo "Do this and make again: dnf install python$MAIN" ;;
    *" arch "*) echo "Do this and make again: pacman -S python" ;;
    *" suse "* | *" opensuse "*) echo "Do this and make again: zypper install python311" ;;
    *" Darwin "*) echo "Do this and make again: brew install python@$MAIN" ;;
    *) anywhere ;;
    esac
}

# Debian keeps a part of Python in a package of its own.
debian() {
    if [ "$incomplete" ]; then
        echo "Do this and make again: apt-get install $incomplete-venv"
    elif ! command -v python3 >/dev/null; then
        echo "Do this and make again: apt-get install python3 python3-venv"
    else
        anywhere
    fi
}

anywhere() {
    if command -v conda >/dev/null; then
        echo "Do this instead of make: conda env create -f environment.yml && conda activate rmsprop &&" \
            "pip install --no-deps --no-build-isolation -e ."
    else
        echo "Install Python $MAIN, from conda-forge, say, and name it: make PYTHON=/path/to/python$MAIN"
    fi
}

if [ "${1-}" ]; then
    command -v "$1" >/dev/null || stop "PYTHON is '$1'; there is no such program. Name a Python, such as python$MAIN"
    try "$1"
    stop "PYTHON is '$1'; it does not fit:" "$refusal"
fi
for python in $CANDIDATES "$BROUGHT"/*/bin/"python$MAIN"; do
    try "$python"
done
echo "No Python on the path fits: bringing Python $MAIN into $BROUGHT, by uv" >&2
mkdir -p _build
if bring >"$LOG" 2>&1; then
    for python in "$BROUGHT"/*/bin/"python$MAIN"; do
        try "$python"
    done
fi
stop "No Python on the path fits, and uv could not bring one ($LOG says why)." "$(remedy)"
