// Package invariant says what must hold after every block, whatever the
// operations did. It knows nothing of operations: it looks at rows that
// changed (Check) or at all rows there are (Full).
//
//   - The units in existence of an asset are the units that parties have: a
//     block changes an asset's supply by what it changes all holdings of it.
//   - What is held is what holds and promises say: a block changes a party's held
//     amount by what it changes the holds on it and the books of promises
//     (asset.RegisterBooks). Pools and bonds keep their money in holds.
//   - No amount is below zero, no hold stays with nothing in it, and no promise
//     pays more than it was given or ends with something left.
//   - The council's power and count are those of its members together. A member
//     is a company with a validator's key that is nobody else's; a suspended
//     one, and only that, has no power.
//   - A settlement, once written, never changes or goes.
//   - A fact never changes or goes, but that superseded_by is set, once.
//
// A violation is a fault of Troth. The machine stops rather than commit it.
package invariant
