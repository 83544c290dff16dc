package sig

import "fmt"

// flags is the flags byte of authenticator data (WebAuthn section 6.1).
type flags byte

const (
	flagUserPresent    flags = 1 << 0 // UP
	flagUserVerified   flags = 1 << 2 // UV
	flagBackupEligible flags = 1 << 3 // BE
	flagBackedUp       flags = 1 << 4 // BS
	flagAttested       flags = 1 << 6 // AT: attested credential data follows
	flagExtensions     flags = 1 << 7 // ED: an extensions map follows
)

// authHeaderBytes is rpIdHash (32), flags (1) and signCount (4).
const authHeaderBytes = 32 + 1 + 4

// authData is the part of authenticator data every ceremony has, and what
// follows it.
type authData struct {
	rpIDHash [32]byte
	flags    flags
	rest     []byte
}

func parseAuthHeader(data []byte) (authData, error) {
	if len(data) < authHeaderBytes {
		return authData{}, fmt.Errorf("%w: %d bytes, want at least %d", ErrAuthData, len(data), authHeaderBytes)
	}
	return authData{
		rpIDHash: [32]byte(data[:32]),
		flags:    flags(data[32]),
		rest:     data[authHeaderBytes:],
	}, nil
}

// parseAssertionData reads the authenticator data of an assertion, which has
// no attested credential data (WebAuthn section 6.1).
func parseAssertionData(data []byte) (authData, error) {
	if len(data) > maxAuthDataBytes {
		return authData{}, fmt.Errorf("%w: authenticatorData is %d bytes, want at most %d", ErrLength, len(data), maxAuthDataBytes)
	}
	auth, err := parseAuthHeader(data)
	if err != nil {
		return authData{}, err
	}
	if auth.flags&flagAttested != 0 {
		return authData{}, fmt.Errorf("%w: attested credential data (bit 6) in an assertion", ErrAuthData)
	}
	return auth, checkExtensions(auth.flags, auth.rest)
}

// checkExtensions requires rest to be one CBOR map if the flags promise
// extensions, and nothing otherwise. No extension means anything to the
// ledger, so the map's contents are passed over.
func checkExtensions(f flags, rest []byte) error {
	if f&flagExtensions == 0 {
		if len(rest) != 0 {
			return fmt.Errorf("%w: %d bytes too many", ErrAuthData, len(rest))
		}
		return nil
	}
	r := cborReader{rest: rest}
	if !r.atMap() {
		return fmt.Errorf("%w: extensions are not a CBOR map", ErrAuthData)
	}
	if err := r.skip(0); err != nil {
		return fmt.Errorf("%w: extensions: %w", ErrAuthData, err)
	}
	if len(r.rest) != 0 {
		return fmt.Errorf("%w: %d bytes after the extensions", ErrAuthData, len(r.rest))
	}
	return nil
}
