// Package cluster has no code but its tests: several validators, each a process
// of the real binary in a network of its own, are killed, paused, cut off from
// each other, slowed down and lied to under load. Whatever happens, no two of
// them may disagree, nothing acknowledged may be gone or be there twice, and
// three of four go on.
//
// The networks are Linux network namespaces, made with iproute2's ip, joined by
// a switch in this process that delays, loses and refuses packets. Where they
// are not permitted the nodes run on the loopback, the output says why, and what
// needs a network to cut is skipped, or fails where the environment has CI.
// TROTH_CLUSTER=loopback asks for the loopback.
//
// A short version runs with every test; `go test -tags soak ./internal/cluster`
// runs all of it. docs/operating/network-tests.md says what is checked.
package cluster
