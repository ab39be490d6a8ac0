#!/usr/bin/env bash
# need.sh TOOL ...: see that each tool is there. On Debian or Ubuntu as root what
# is missing is installed; otherwise the command that installs it is named.
set -euo pipefail

# What apt calls what a tool needs, and the command that proves it.
declare -A package=(
  [gcc]="gcc libc6-dev" [mosquitto]="mosquitto mosquitto-clients" [prometheus]="prometheus"
  [alertmanager]="prometheus-alertmanager"
  [chromium]="chromium fonts-noto-cjk" [postgresql]="postgresql" [node]="nodejs npm" [go]="golang"
)
declare -A proof=(
  [gcc]=gcc [mosquitto]=/usr/sbin/mosquitto [prometheus]=promtool [alertmanager]=prometheus-alertmanager [chromium]=chromium [postgresql]=/usr/share/postgresql-common/pg_wrapper [node]=npm [go]=go
)

missing=()
for tool in "$@"; do
  command -v "${proof[$tool]}" >/dev/null || missing+=("$tool")
done
[ ${#missing[@]} -eq 0 ] && exit 0

for tool in "${missing[@]}"; do
  case $tool in
    go) echo "steward needs Go $(sed -n 's/^go //p' go.mod) or newer: see https://go.dev/dl" >&2; exit 1 ;;
    node) # Debian's is too old for the build tools
      echo "steward needs Node 20 or newer with npm: see https://nodejs.org" >&2; exit 1 ;;
  esac
done

names=()
for tool in "${missing[@]}"; do read -ra p <<<"${package[$tool]}"; names+=("${p[@]}"); done
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "missing: ${missing[*]}. Install with: sudo apt-get install ${names[*]}" >&2
  exit 1
fi
echo "installing ${names[*]}" >&2
apt-get update -qq
# The packages start services that nobody asked for here: keep them stopped.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
  trap 'rm -f "$policy"' EXIT
fi
apt-get install -y -qq --no-install-recommends "${names[@]}" >/dev/null
for tool in "${missing[@]}"; do
  command -v "${proof[$tool]}" >/dev/null || { echo "$tool was installed but ${proof[$tool]} is not there" >&2; exit 1; }
done
