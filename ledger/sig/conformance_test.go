package sig

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"github.com/troth-ledger/troth/internal/need"
)

// readVectors decodes a file of ../shared/conformance, seen from the root of
// the repository.
func readVectors(t *testing.T, name string, into any) {
	t.Helper()
	path := need.Conformance(t, name)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// hexBytes is bytes written in hexadecimal in a vector.
type hexBytes []byte

func (h *hexBytes) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}
