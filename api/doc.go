// Package api serves a node's public API: Connect, which is gRPC, gRPC-Web and
// plain JSON over HTTP from one handler; the incoming webhooks of carriers; and
// the outgoing ones.
//
// Reads come from the last committed state and never wait for a block, unless
// a proof is asked for. One read is one row of reads.go.
package api
