package api

import (
	"net/http"

	"github.com/troth-ledger/troth/internal/schema"
)

// describe serves what the node speaks: the API for tools that know OpenAPI, and
// the schema with its comments for those that know Protobuf.
func (s *Server) describe() {
	for path, file := range map[string]struct {
		kind  string
		bytes []byte
	}{
		"/openapi.yaml": {"application/yaml", schema.OpenAPI()},
		"/schema.binpb": {"application/x-protobuf", schema.Encoded()},
	} {
		s.mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", file.kind)
			w.Header().Set("Cache-Control", "public, max-age=300")
			_, _ = w.Write(file.bytes)
		})
	}
}
