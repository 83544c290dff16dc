// Package client speaks to a Troth node: keys, signing, submitting, reading,
// watching, and checking proofs against validators one trusts.
//
// A Wallet signs for one party. Do puts its requests into one transaction,
// signs it, submits it and waits until it is final; all of them happen or none.
// A prepared transaction may be submitted as often as one likes: it runs once.
package client
