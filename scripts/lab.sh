#!/usr/bin/env bash
# Brings what the telephony laboratory needs: SIPp, and an Asterisk of version 20 or newer in a folder of its own.
# Needs root on Debian or Ubuntu the first time; what is there already is left alone. Signatures are always checked.
set -euo pipefail
cd "$(dirname "$0")/.."

: "${HOME:=/root}" # a bare CI machine may not say
cache=${PROZVON_LAB:-$HOME/.cache/prozvon}
tree=${ASTERISK_ROOT:-$cache/asterisk}
oldest=20

stop() {
  echo "No laboratory: $1" >&2
  exit 1
}

major() { # of the Asterisk below $1
  .venv/bin/python -c "import sys; from app.lab.tree import version_of; print((version_of(sys.argv[1]) or (0, 0))[0])" "$1"
}

missing=()
command -v sipp >/dev/null || [[ -n ${SIPP:-} ]] || missing+=(sip-tester)
needs_tree=false
if [[ $(major "$tree") -lt $oldest && $(major "") -lt $oldest ]]; then
  [[ -z ${ASTERISK_ROOT:-} ]] || stop "ASTERISK_ROOT=$ASTERISK_ROOT holds no Asterisk $oldest or newer."
  needs_tree=true
  command -v debootstrap >/dev/null || missing+=(debootstrap)
fi

if ((${#missing[@]})) || $needs_tree; then
  command -v apt-get >/dev/null || stop "this is neither Debian nor Ubuntu. Install Asterisk $oldest or newer and sip-tester, or set ASTERISK_ROOT and SIPP."
  [[ $(id -u) -eq 0 ]] || stop "run make lab once as root (missing: ${missing[*]:-}$($needs_tree && echo ' an Asterisk')). Afterwards nothing needs root."
  export DEBIAN_FRONTEND=noninteractive
fi

if ((${#missing[@]})); then
  echo "Installing ${missing[*]} …"
  apt-get update -qq || stop "apt-get update failed; see its words above."
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null || stop "apt cannot install ${missing[*]}."
fi

# The mirror is the one that this machine's apt uses, whichever way its sources are written down.
mirror_of_apt() {
  apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' |
    awk '$1 !~ /security|updates|backports|proposed/ && $2 ~ /^https?:/ {print $2; exit}'
}

if $needs_tree; then
  mirror=$(mirror_of_apt)
  [[ -n $mirror ]] || stop "apt of this machine names no mirror to take Asterisk from."
  if [[ -z ${http_proxy:-} ]]; then
    eval "$(apt-config shell PROXY Acquire::http::Proxy)"
    [[ -z ${PROXY:-} ]] || export http_proxy=$PROXY
  fi
  # A Debian mirror carries the newest Asterisk in sid; an Ubuntu one in its own releases.
  suite=sid
  # shellcheck disable=SC1091
  . /etc/os-release
  [[ ${ID:-} != ubuntu ]] || suite=${UBUNTU_CODENAME:-$VERSION_CODENAME}
  components=main
  [[ ${ID:-} != ubuntu ]] || components=main,universe
  keyring=/usr/share/keyrings/${ID:-debian}-archive-keyring.gpg
  [[ -e $keyring ]] || stop "$keyring is missing: apt-get install ${ID:-debian}-archive-keyring, so that signatures can be checked."
  echo "Unpacking an Asterisk into $tree (about two minutes, half a gigabyte) …"
  mkdir -p "$cache"
  rm -rf "$tree.new"
  trap 'rm -rf "$tree.new"' EXIT
  debootstrap --variant=minbase --keyring="$keyring" --components="$components" \
    --include=asterisk,asterisk-core-sounds-ru,asterisk-core-sounds-ru-gsm \
    "$suite" "$tree.new" "$mirror" >"$cache/debootstrap.log" 2>&1 || {
    tail -5 "$cache/debootstrap.log" >&2
    stop "the mirror of this machine's apt gives no Asterisk for $suite; the whole story: $cache/debootstrap.log"
  }
  # Everybody may run it, whoever has unpacked it; packages that are unpacked already need not be kept twice.
  rm -rf "$tree.new/var/cache/apt/archives" "$tree.new/var/lib/apt/lists"
  rm -rf "$tree"
  mv "$tree.new" "$tree"
  [[ $(major "$tree") -ge $oldest ]] || stop "the mirror's Asterisk is older than $oldest. Set ASTERISK_ROOT to a newer one."
fi

exec .venv/bin/python run.py lab prepare
