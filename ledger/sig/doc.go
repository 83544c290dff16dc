// Package sig verifies the signatures the ledger accepts.
//
// There are three schemes:
//
//   - [Ed25519], for services, devices and the command line: RFC 8032
//     signatures judged by the rules of ZIP-215.
//   - [P256], for keys a browser holds itself (WebCrypto): ECDSA over
//     SHA-256, as r || s, low-S only.
//   - [WebAuthn], for passkeys: a P-256 assertion whose challenge is the
//     SHA-256 of what is signed.
//
// Every verdict is a function of its arguments alone, so all validators agree
// on it: there is no clock, disk, network, goroutine, cache or system
// randomness here. [Batch] is faster than [Verify] and gives the same
// verdicts.
//
// ECDSA signatures can be altered by anyone into another valid signature of
// the same message (s and n-s both verify), and [WebAuthn] has to accept both.
// So nothing may depend on the bytes of a signature: a transaction id is made
// from the body that was signed and never includes the signature.
package sig
