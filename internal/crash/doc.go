// Package crash has no code but its test: a real node is killed again and again
// under load, and nothing that was acknowledged may be gone, nor anything be
// there twice. A full disk and a read-only one are tried on a small disk in
// memory, where one can be mounted. The storage's own crash points are tested
// where the storage is: TestPowerLoss in ledger/state, TestDatabasePowerLoss in
// node.
//
// The short version runs with every test; `go test -tags soak ./internal/crash`
// kills 200 times, and ends a node at each pair of consensus' fail points.
package crash
