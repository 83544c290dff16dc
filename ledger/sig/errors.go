package sig

import "errors"

// The reasons for a refusal. Errors returned by this package wrap exactly one
// of them and add the value found and the value wanted; compare with
// errors.Is.
var (
	ErrScheme    = errors.New("unknown signature scheme")
	ErrKey       = errors.New("bad public key")
	ErrLength    = errors.New("bad length")
	ErrEncoding  = errors.New("bad signature encoding")       // not DER, or r or s outside [1, n-1]
	ErrHighS     = errors.New("signature is not low-S")       // P256 only
	ErrSignature = errors.New("signature does not verify")    // well formed, but not of this message by this key
	ErrAssertion = errors.New("bad assertion for the scheme") // missing where needed, or present where not

	ErrClientData   = errors.New("bad clientDataJSON")
	ErrType         = errors.New("bad clientDataJSON type")
	ErrChallenge    = errors.New("challenge does not match")
	ErrCrossOrigin  = errors.New("cross-origin assertion")
	ErrOrigin       = errors.New("origin not allowed")
	ErrTopOrigin    = errors.New("top origin not allowed")
	ErrAuthData     = errors.New("bad authenticatorData")
	ErrRPID         = errors.New("relying party not allowed")
	ErrUserPresent  = errors.New("user not present")
	ErrUserVerified = errors.New("user not verified")
	ErrBackup       = errors.New("contradictory backup flags")
	ErrAttestation  = errors.New("bad attestationObject")
)
