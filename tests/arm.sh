#!/usr/bin/env bash
# `make arm`: what a reader on ARM64 runs, in an arm64 Debian of its own in _build/arm, which qemu runs where this
# machine is another. The project's last commit is installed there, the tests of the core run, and chapters 6 and 7,
# whose outputs are compared with the stored ones. Nothing is mounted outside of the commands that need it.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$PWD/_build/arm
root=$folder/root
chapters="06_rmsprop 07_rmsprop_linear_regression"
run="import sys; from book import run; run.TIME_LIMIT = 3600; sys.exit(len(run.execute(sys.argv[1:])))"

TIMEFORMAT="    %0R s, %0U s of them at work"
stop() { echo "make arm: $*" >&2; exit 1; }

# Of the caller's environment only the data mirror, proxies and those of pip's settings that name no file reach the
# root: no make variables.
environment=(HOME=/root USER=root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8)
while IFS= read -r -d '' setting; do
    case $setting in
        PIP_CERT=* | PIP_CONFIG_FILE=* | PIP_CONSTRAINT=* | PIP_FIND_LINKS=*) ;;
        PIP_* | *_proxy=* | D2L_DATA_MIRROR=*) environment+=("$setting") ;;
    esac
done < <(env -0)

in_root() {
    echo "--- $*"
    time unshare --mount --pid --fork --kill-child --root="$root" --wd=/project --mount-proc \
        env -i "${environment[@]}" "$@"
}

[ "$(id -u)" = 0 ] || stop "needs root, to unpack Debian's packages and to enter them: sudo make arm"
command -v mmdebstrap >/dev/null || stop "needs mmdebstrap: apt-get install mmdebstrap debian-archive-keyring"

# The packages are unpacked and not configured: that takes seconds, and Python runs all the same.
rm -rf "$folder"
mkdir -p "$folder"
mmdebstrap --quiet --arch=arm64 --variant=extract \
    --include=base-files,dash,coreutils,make,python3-venv,libgomp1,libstdc++6 bookworm "$root"
chroot "$root" /bin/true 2>/dev/null || stop "this machine cannot run programs for ARM64." \
    "apt-get install qemu-user-static binfmt-support; without systemd, then also:" \
    "mount -t binfmt_misc none /proc/sys/fs/binfmt_misc; update-binfmts --enable qemu-aarch64"
git clone --quiet . "$root/project"

# What configuring would have made: the way to name servers, and whom to trust.
cp /etc/resolv.conf /etc/hosts "$root/etc"
install -D "${PIP_CERT:-/etc/ssl/certs/ca-certificates.crt}" "$root/etc/ssl/certs/ca-certificates.crt"
if [ -d "${D2L_DATA_MIRROR-}" ]; then
    cp -rL "$D2L_DATA_MIRROR" "$root/mirror"
    environment+=(D2L_DATA_MIRROR=/mirror)
fi

in_root make .venv/.developers
in_root make smoke
in_root .venv/bin/python -c "$run" $chapters
in_root .venv/bin/python -m book changes $chapters
in_root .venv/bin/python -m pytest $(printf 'tests/book/test_notebooks.py::test_outputs_are_those_committed[%s] ' $chapters)
