#!/bin/sh
# Builds the binary of the last commit twice, from two clones in folders of
# other names, each with an empty build cache, and compares. Nothing of the
# first build can be used by the second. Prints the SHA-256; `make build` of
# a clean checkout of that commit, with the same Go, makes the same file.
set -eu
cd "$(dirname "$0")/.."
commit=$(git rev-parse HEAD)
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT

build() {
	git clone --quiet . "$work/$1"
	(cd "$work/$1" && GOFLAGS= GOCACHE="$work/cache-$1" make --no-print-directory build)
	rm -rf "$work/cache-$1"
}
build first
build the-second-of-two

if ! cmp "$work/first/bin/troth" "$work/the-second-of-two/bin/troth"; then
	echo "commit $commit does not build the same twice" >&2
	exit 1
fi
echo "$(sha256sum <"$work/first/bin/troth" | cut -d' ' -f1)  troth, commit $commit, $(go env GOVERSION) $(go env GOOS)/$(go env GOARCH)"
