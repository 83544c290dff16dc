package sig

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/binary"
	"fmt"
)

const (
	// maxAttestationBytes leaves room for a chain of certificates, which is
	// what makes some attestations long.
	maxAttestationBytes = 16 << 10

	// maxCredentialIDBytes is the standard's own limit (WebAuthn section 7.1).
	maxCredentialIDBytes = 1023

	aaguidBytes = 16
)

// ParseAttestation reads the attestationObject of a registration (WebAuthn
// Level 3 sections 6.5 and 7.1) and returns what the ledger stores of a
// passkey: the credential id, the public key in SEC 1 compressed form, valid
// for [WebAuthn], and the SHA-256 of the relying party id, for the caller to
// compare.
//
// The attestation statement, whatever its format, is read over and NOT
// verified: it would prove the make of the authenticator, which means nothing
// here. So the result is only as good as the channel it came by; what binds
// the key to a party is the transaction that registers it. User verification
// isn't required either, because every assertion has to show it.
//
// Only ES256 keys are accepted. It returns [ErrLength], [ErrAttestation],
// [ErrAuthData], [ErrBackup] or [ErrKey].
func ParseAttestation(attestationObject []byte) (credentialID, publicKeyCompressed []byte, rpIDHash [32]byte, err error) {
	data, err := attestedAuthData(attestationObject)
	if err != nil {
		return nil, nil, rpIDHash, err
	}
	auth, err := parseAuthHeader(data)
	if err != nil {
		return nil, nil, rpIDHash, err
	}
	if auth.flags&flagAttested == 0 {
		return nil, nil, rpIDHash, fmt.Errorf("%w: no attested credential data (bit 6), want a registration", ErrAuthData)
	}
	if err := checkBackup(auth.flags); err != nil {
		return nil, nil, rpIDHash, err
	}
	id, rest, err := credentialIDOf(auth.rest)
	if err != nil {
		return nil, nil, rpIDHash, err
	}
	r := cborReader{rest: rest}
	key, err := r.coseKey()
	if err != nil {
		return nil, nil, rpIDHash, fmt.Errorf("%w: %w", ErrKey, err)
	}
	if err := checkExtensions(auth.flags, r.rest); err != nil {
		return nil, nil, rpIDHash, err
	}
	return id, key, auth.rpIDHash, nil
}

// attestedAuthData returns the authenticator data of an attestation object,
// after checking the form of everything else in it.
func attestedAuthData(object []byte) ([]byte, error) {
	if len(object) > maxAttestationBytes {
		return nil, fmt.Errorf("%w: attestationObject is %d bytes, want at most %d", ErrLength, len(object), maxAttestationBytes)
	}
	r := cborReader{rest: object}
	data, err := r.attestationObject()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAttestation, err)
	}
	if len(r.rest) != 0 {
		return nil, fmt.Errorf("%w: %d bytes too many", ErrAttestation, len(r.rest))
	}
	return data, nil
}

// attestationObject reads {fmt, attStmt, authData} in any order.
func (r *cborReader) attestationObject() (data []byte, err error) {
	var format string
	var statement []byte
	seen := map[string]bool{}
	n, err := r.mapLen()
	if err != nil {
		return nil, err
	}
	if n != 3 {
		return nil, fmt.Errorf("%d members, want fmt, attStmt and authData", n)
	}
	for range n {
		name, err := r.text()
		if err != nil {
			return nil, err
		}
		if seen[name] {
			return nil, fmt.Errorf("member %.40q occurs twice", name)
		}
		seen[name] = true
		switch name {
		case "fmt":
			format, err = r.text()
		case "attStmt":
			statement, err = r.statement()
		case "authData":
			data, err = r.bytes()
		default:
			err = fmt.Errorf("member %.40q, want fmt, attStmt or authData", name)
		}
		if err != nil {
			return nil, err
		}
	}
	return data, checkStatement(format, statement)
}

// statement reads a map over and returns its bytes.
func (r *cborReader) statement() ([]byte, error) {
	if !r.atMap() {
		return nil, fmt.Errorf("attStmt is not a CBOR map")
	}
	before := r.rest
	err := r.skip(1)
	return before[:len(before)-len(r.rest)], err
}

// checkStatement knows the formats of WebAuthn section 8. Only "none"
// prescribes what a verifier that looks no further can see: an empty map.
func checkStatement(format string, statement []byte) error {
	switch format {
	case "none":
		if len(statement) != 1 {
			return fmt.Errorf("format none has a statement of %d bytes, want an empty map", len(statement))
		}
		return nil
	case "packed", "tpm", "android-key", "android-safetynet", "fido-u2f", "apple":
		return nil
	}
	return fmt.Errorf("format %.40q is unknown, want none (ask with attestation \"none\")", format)
}

// credentialIDOf reads aaguid, length and credential id, and returns the id
// and what follows it (WebAuthn section 6.5.1).
func credentialIDOf(data []byte) (id, rest []byte, err error) {
	const header = aaguidBytes + 2
	if len(data) < header {
		return nil, nil, fmt.Errorf("%w: attested credential data is %d bytes, want at least %d", ErrAuthData, len(data), header)
	}
	size := int(binary.BigEndian.Uint16(data[aaguidBytes:]))
	if size == 0 || size > maxCredentialIDBytes {
		return nil, nil, fmt.Errorf("%w: credential id is %d bytes, want 1 to %d", ErrAuthData, size, maxCredentialIDBytes)
	}
	if len(data) < header+size {
		return nil, nil, fmt.Errorf("%w: ends within the credential id", ErrAuthData)
	}
	return data[header : header+size : header+size], data[header+size:], nil
}

// coseKey reads a COSE_Key (RFC 9052 section 7, RFC 9053 section 7.1.1) and
// returns it compressed. It has to be EC2 with algorithm ES256 on P-256, both
// coordinates given and nothing else, as WebAuthn section 5.8.5 and 6.5.1.1
// require.
func (r *cborReader) coseKey() ([]byte, error) {
	const kty, alg, crv, x, y = 1, 3, -1, -2, -3
	const ec2, es256, p256 = 2, -7, 1
	wanted := map[int64]int64{kty: ec2, alg: es256, crv: p256}
	coordinates := map[int64][]byte{}
	n, err := r.mapLen()
	if err != nil {
		return nil, err
	}
	if n != 5 {
		return nil, fmt.Errorf("COSE key has %d parameters, want the 5 of an ES256 key (ask with alg -7)", n)
	}
	for range n {
		label, err := r.int()
		if err != nil {
			return nil, err
		}
		if label == x || label == y {
			if coordinates[label], err = r.bytes(); err != nil {
				return nil, err
			}
			continue
		}
		value, err := r.int()
		if err != nil {
			return nil, err
		}
		if want, ok := wanted[label]; !ok || value != want {
			return nil, fmt.Errorf("COSE parameter %d is %d, want an ES256 key (ask with alg -7)", label, value)
		}
		delete(wanted, label) // so that a second one is refused
	}
	return compressPoint(coordinates[x], coordinates[y])
}

// compressPoint checks a point and returns it in SEC 1 compressed form.
func compressPoint(x, y []byte) ([]byte, error) {
	if len(x) != scalarBytes || len(y) != scalarBytes {
		return nil, fmt.Errorf("coordinates are %d and %d bytes, want 32 each", len(x), len(y))
	}
	point := append(append([]byte{4}, x...), y...)
	if _, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point); err != nil {
		return nil, fmt.Errorf("%x, %x is not a point of P-256", x, y)
	}
	return append([]byte{2 | y[scalarBytes-1]&1}, x...), nil
}
