# What ./demo and ./check share: installing what is missing and building. Sourced by bash, with $top set.
#
# Nothing is installed that is there already, and apt is not even asked then, so a second run works offline. The
# build goes to build/, or to build-USER/ where build/ belongs to somebody else (root ran it first).

say() { printf '%s\n' "$*"; }
fail() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 3; }

# prepare_build_dir: sets $build.
prepare_build_dir() {
    build=$top/build
    if [ -e "$build" ] && [ ! -O "$build" ]; then build=$top/build-$(id -un); fi
    mkdir -p "$build" 2>/dev/null || fail "cannot write to $top: run it as the owner of this folder"
}

# missing_packages FOR...: the listed packages that are neither installed nor made unnecessary by a command.
missing_packages() {
    local wanted=" $* " purpose package command
    while read -r purpose package command; do
        case $purpose in '' | '#'*) continue ;; esac
        case $wanted in *" $purpose "*) ;; *) continue ;; esac
        [ -n "$command" ] && command -v "$command" >/dev/null && continue
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf '%s ' "$package"
    done <"$top/tools/debian-packages"
}

# run_quietly LOG COMMAND...: the output goes to LOG and is shown only when the command fails.
run_quietly() {
    local log=$1
    shift
    "$@" >"$log" 2>&1 && return
    cat "$log" >&2
    return 1
}

# install_packages FOR...
install_packages() {
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        say "packages: this is no Debian; taking it that what tools/debian-packages lists is there"
        return
    fi
    local missing root=()
    missing=$(missing_packages "$@")
    [ -z "$missing" ] && return
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || fail "missing packages, and there is no sudo; as root: apt-get install $missing"
        root=(sudo)
    fi
    say "packages: installing $missing"
    run_quietly "$build/packages.log" "${root[@]}" apt-get -q update || fail "apt-get update failed"
    # shellcheck disable=SC2086 # the list is words
    run_quietly "$build/packages.log" "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -q -y --no-install-recommends install $missing || fail "apt-get install failed"
}

# make_configure: generates configure where it is absent or older than what it is made from.
make_configure() {
    if [ ! -e "$top/configure" ] || [ "$top/configure.ac" -nt "$top/configure" ]; then
        (cd "$top" && run_quietly "$build/autoreconf.log" autoreconf -fi) || fail "autoreconf failed"
    fi
}

# configure_in DIR [OPTION...]: once a directory; make itself notices a configure that has become newer.
configure_in() {
    local dir=$1
    shift
    mkdir -p "$dir"
    [ -e "$dir/Makefile" ] && return
    (cd "$dir" && run_quietly configure.output "$top/configure" -q "$@")
}

# make_in DIR TARGET...
make_in() {
    local dir=$1
    shift
    make -s -C "$dir" -j"$(nproc)" "$@"
}
