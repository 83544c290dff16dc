// Package crash has no code but its test: a real node is killed again and again
// under load, and nothing that was acknowledged may be gone, nor anything be
// there twice.
//
// The short version runs with every test; `go test -tags soak ./internal/crash`
// kills 200 times.
package crash
