package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestTestnet makes the folders of several machines.
func TestTestnet(t *testing.T) {
	testscript.Run(t, testscript.Params{Files: []string{"testdata/script/testnet.txtar"}})
}
