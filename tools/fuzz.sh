#!/bin/sh
# Runs every fuzz target of the tree, one after the other, each for FUZZTIME
# (30s unless told otherwise). The first input that fails a target ends it; the
# input is then under testdata/fuzz of its package, and fails with go test.
set -eu
cd "$(dirname "$0")/.."
grep -rno --include='*_test.go' '^func Fuzz[A-Za-z0-9]*' . | sort | while IFS=: read -r file _ target; do
	name=${target#func }
	echo "== $name in $(dirname "$file")"
	# What a run covers differs where signatures are checked in batches; minimising
	# each such input for a minute, as is usual, would leave no time to fuzz.
	go test -run '^$' -fuzz "^$name\$" -fuzztime "${FUZZTIME:-30s}" -fuzzminimizetime 10x "$(dirname "$file")" </dev/null
done
