// Package templates is a library of templates: one for each common promise,
// with examples on its boundaries. They are a start, not law: read one, change
// it, run `troth promise check` and publish it under your own name.
package templates

import "embed"

// FS holds the templates as files, NAME.yaml.
//
//go:embed *.yaml
var FS embed.FS
