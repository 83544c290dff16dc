package sbom

import (
	_ "embed"
	"strings"
)

// licences has a line for each module that is in the binary: its path and the
// SPDX identifier of its licence. A test compares it with what the modules say.
//
//go:embed licences.txt
var licences string

// Licence is the SPDX identifier of a module's licence, empty for a module that
// isn't in the list.
func Licence(module string) string {
	for line := range strings.Lines(licences) {
		if path, id, ok := strings.Cut(strings.TrimSpace(line), " "); ok && path == module {
			return id
		}
	}
	return ""
}
