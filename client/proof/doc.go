// Package proof checks, without asking anybody, that a record was, or was not,
// on the ledger.
//
// A read with a proof carries a bundle: the record, an ICS-23 proof that leads
// from it to the root of the state, the block header that has the root, the
// signatures of the validators under the header, and who the validators are.
// Whoever trusts more than two thirds of the validators' power trusts the
// record; the node that sent it doesn't matter.
//
//	trust, err := proof.LoadTrust("genesis.json")
//	res, err := proof.Verify(bundle, proof.Promise(id), trust)
//	promise := res.Record.(*pb.Promise)
//
// Validators change. Trust in one set leads to the next with the word of those
// trusted: see Trust.Step, and Trust.Follow, which asks a node for the headers in
// between where too much changed at once.
//
// What is verified is that the record is recorded and unaltered, by whom and
// when. Not that it is true.
//
// Everything in a bundle that can change what Verify says is authenticated. The
// rest is the proposers' priorities among the validators, which Verify doesn't
// read.
package proof
