#!/bin/sh
# Looks for known vulnerabilities in what the given packages (./... unless told
# otherwise) really call, and fails where there is one.
#
# The database is https://vuln.go.dev, or the one named by GOVULNDB: an https
# address, or file:// and a folder with a copy. On a machine that can't reach
# the usual one the check says so in one line and doesn't fail; a database that
# was named has to be there.
set -eu
cd "$(dirname "$0")/.."
db=${GOVULNDB:-https://vuln.go.dev}
case $db in
file://*)
	# govulncheck takes an empty folder for a database without entries.
	if ! find "${db#file://}" -name 'GO-*.json' | grep -q .; then
		echo "GOVULNDB: no entry GO-*.json is in ${db#file://}" >&2
		exit 1
	fi
	;;
esac
out=$(mktemp)
trap 'rm -f "$out"' EXIT

status=0
go tool -modfile=tools/go.mod govulncheck -db "$db" "${@:-./...}" >"$out" 2>&1 || status=$?
if [ "$status" -ne 0 ] && [ -z "${GOVULNDB:-}" ] && grep -q 'fetching vulnerabilities:' "$out"; then
	echo "vulnerabilities NOT checked: $db can't be reached; name a mirror with GOVULNDB" >&2
	exit 0
fi
[ "$status" -eq 0 ] || cat "$out" >&2
exit "$status"
