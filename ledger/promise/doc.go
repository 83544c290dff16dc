// Package promise is the ledger's promises: templates, offers, acceptance,
// settlement, disputes, and the pools behind many promises.
//
// What a promise does is decided by package contract, which is pure; this
// package finds its facts, moves the money it says, and writes the records.
// The main path is evaluate, in settle.go: a fact or a deadline wakes a
// promise, its contract says which rule fires, pay moves the money, and a
// settlement record says why.
//
// Rules of this package that the template's author can rely on:
//
//   - What falls due comes first, as of the moment it fell due, however late
//     the ledger gets to it. A fact counts as of its arrival.
//   - What was settled stands, whatever becomes of the facts it rested on. A
//     firing that may still be challenged is not settled: it goes with a fact
//     that is withdrawn or corrected.
//   - An attester counts in the role that names it, else as one of a class,
//     else as a side that the rules name. Places for facts are kept for each.
//   - Whoever owns a device is its owner at the moment of paying, of agreeing
//     and of challenging; a bond goes back to whoever put it down.
package promise
