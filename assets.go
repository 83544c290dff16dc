// Package troth embeds the files that the program carries with it: the library
// of templates and the examples of the stories.
package troth

import "embed"

// Files holds templates/ and examples/.
//
//go:embed templates examples
var Files embed.FS
