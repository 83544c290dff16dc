// Package promise is the ledger's promises: templates, offers, acceptance,
// settlement, disputes, and the pools behind many promises.
//
// What a promise does is decided by package contract, which is pure; this
// package finds its facts, moves the money it says, and writes the records.
// The main path is evaluate, in settle.go: a fact or a deadline wakes a
// promise, its contract says which rule fires, pay moves the money, and a
// settlement record says why.
package promise
