#!/usr/bin/env bash
# fuzz.sh TIME: run every fuzz target of the module for TIME.
set -euo pipefail
time=${1:?usage: fuzz.sh TIME, such as 30s}
grep -rlE '^func Fuzz' --include='*_test.go' . | xargs -n1 dirname | sort -u | while read -r dir; do
  grep -ohE '^func Fuzz[A-Za-z0-9_]*' "$dir"/*_test.go | awk '{print $2}' | sort -u | while read -r target; do
    echo "== $dir $target"
    go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "$dir"
  done
done
