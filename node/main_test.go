package node

import (
	"os"
	"testing"
)

// atEnd is done when every test is over.
var atEnd []func()

func TestMain(m *testing.M) {
	code := m.Run()
	for _, do := range atEnd {
		do()
	}
	os.Exit(code)
}
