//go:build linux

package cluster

import (
	"os"
	"testing"

	"github.com/troth-ledger/troth/internal/testbin"
)

func TestMain(m *testing.M) {
	reachNamespaces()
	os.Exit(testbin.Main(m))
}
