package schema

import _ "embed"

//go:embed openapi.yaml
var openAPI []byte

// OpenAPI is the public API as an OpenAPI document, in YAML.
func OpenAPI() []byte { return openAPI }
