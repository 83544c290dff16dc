// Package op is the operation table: one row of the schema, one handler, one
// scenario for everything that can change the ledger.
//
// A row is an rpc with the option (op) in the schema. Its handler is two
// functions, registered where they are written:
//
//	var _ = op.Register(checkTransfer, applyTransfer)
//
// check looks at the message alone. apply reads and writes state through a
// Context. The handler is found by its request's type; a second one for the
// same row panics at start, and a test fails for a row without one.
//
// A request that costs the chain more than most counts as several towards its
// sender's quota: a third function, in the same file.
//
//	var _ = op.Weigh(func(m *pb.CarryFactRequest) int { return len(m.Carried) })
//
// After apply, what it changed is compared with what its row says it may do.
package op
