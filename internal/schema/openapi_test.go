package schema

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"testing"
)

// TestOpenAPI: what is embedded is what was generated, where that is kept in
// another place.
func TestOpenAPI(t *testing.T) {
	generated, err := os.ReadFile("../../gen/openapi/openapi.yaml")
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(generated, OpenAPI()) {
		t.Error("internal/schema/openapi.yaml is stale: run make gen, or copy gen/openapi/openapi.yaml over it")
	}
}
