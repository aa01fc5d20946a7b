#!/bin/bash
# Makes what is missing; a second call finds nothing to do and takes no time.
#   setup.sh          for tests and the demo: Debian packages, .venv, the Node client of the acceptance tests
#   setup.sh python   for `make serve` and `make check`: .venv alone
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1:-all}
python=${PYTHON:-python3}
node=tests/acceptance/node

fail() {
    echo "setup: $*" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail "'$*' needs root. Run it as root, or install sudo."
    fi
}

wanted_packages() {
    [ "$what" = python ] || grep -v '^#' tests/packages.txt
    "$python" -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
}

missing_packages() {
    comm -23 <(wanted_packages | sort) \
        <(dpkg-query --show --showformat '${Package} ${db:Status-Status}\n' | sed -n 's/ installed$//p' | sort)
}

apt() {
    as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -q -y -o DPkg::Lock::Timeout=600 "$@"
}

# Nothing that is installed here may start to listen on this machine, now or at its next boot.
keep_services_off() {
    if [ ! -e /usr/sbin/policy-rc.d ]; then
        as_root sh -c 'printf "#!/bin/sh\nexit 101\n" >/usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d'
        trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT
    fi
}

disable_services() {
    command -v systemctl >/dev/null || return 0
    local unit
    for unit in $(dpkg-query --listfiles "$@" | sed -nE 's,^.*/systemd/system/([^/@]+\.(service|socket|timer))$,\1,p'); do
        as_root systemctl disable --quiet "$unit" 2>/dev/null || true
    done
}

install_packages() {
    command -v apt-get >/dev/null || fail "there is no apt-get. Install the equivalents of: $(wanted_packages | xargs)"
    local missing
    mapfile -t missing < <(missing_packages)
    [ ${#missing[@]} -gt 0 ] || return 0
    echo "setup: installing ${missing[*]}"
    keep_services_off
    apt update
    apt install --no-install-recommends "${missing[@]}"
    disable_services "${missing[@]}"
    # Newer releases have the docker command in a package of its own.
    command -v docker >/dev/null || apt install --no-install-recommends docker-cli
}

# once STAMP COMMAND INPUT...: run COMMAND unless it has succeeded before, here and with the same inputs.
once() {
    local stamp=$1 command=$2 state
    shift 2
    state=$({ pwd; "$python" --version; cat "$@"; } | sha256sum)
    if [ "$(cat "$stamp" 2>/dev/null)" != "$state" ]; then
        "$command"
        echo "$state" >"$stamp"
    fi
}

# One line for each package: downloading and unpacking Ansible takes a minute or two.
progress() {
    sed -unE 's/^ *Collecting ([^ ]+).*/setup:   \1/p; s/^(Installing|Building) .*/setup:   \1 .../p'
}

install_python() {
    echo "setup: installing Python packages into .venv (takes a minute or two)"
    .venv/bin/python -c '' 2>/dev/null || "$python" -m venv --clear .venv
    .venv/bin/python -m pip install --disable-pip-version-check --progress-bar off \
        --constraint tests/constraints.txt --editable '.[dev]' | progress
}

install_node() {
    echo "setup: installing Node packages into $node"
    PATH="$PWD/.venv/bin:$PATH" npm ci --no-audit --no-fund --no-update-notifier --prefix "$node"
}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "Python 3.11 or newer is needed; PYTHON names one."
install_packages
once .venv/.ready install_python pyproject.toml tests/constraints.txt
[ "$what" = python ] || once "$node/node_modules/.ready" install_node "$node/package-lock.json"
