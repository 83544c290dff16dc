#!/bin/sh
# Runs the benchmarks of the parts, six times each, and writes them to a file in
# the form that benchstat reads:
#
#	bench/parts.sh bench/baseline.txt     makes the baseline anew
#	make bench-parts                      compares with it
set -eu
out=${1:?"usage: bench/parts.sh FILE"}
case $out in /*) ;; *) out=$PWD/$out ;; esac
cd "$(dirname "$0")/.."
mkdir -p "$(dirname "$out")"
: >"$out"

n=0
# part PACKAGE BENCHMARKS TIME
part() {
	n=$((n + 1))
	echo "part $n of 9: $1 $2" >&2
	${GO:-go} test -run '^$' -bench "$2" -benchtime "$3" -benchmem -count 6 -timeout 30m "$1" >>"$out" || {
		tail -5 "$out" >&2
		exit 1
	}
}

part ./ledger/state/smt 'Update/keys=1000000$' 0.5s         # tree update
part ./ledger/state/smt 'Prove' 0.3s                        # proof
part ./client/proof 'Verify$' 0.3s                          # checking one
part ./ledger/state 'Row|Block|Packed' 0.5s                 # state read and write
part ./ledger/op 'Admission' 0.5s                           # admission
part ./ledger/sig 'Batch/ed25519/1024|Verify/p256' 0.3s     # signatures
part ./ledger/promise/rule 'Delivered|Deadline|Amount' 0.2s # rule evaluation
part ./ledger/promise/contract 'Parcel' 0.3s                # settlement, without state
part ./ledger 'PromiseCycle' 1000x                          # settlement, with it
