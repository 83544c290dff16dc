package sig

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"slices"
)

// Assertion is what a passkey returns beside its signature
// (AuthenticatorAssertionResponse, WebAuthn Level 3 section 5.2.2): the exact
// bytes, since the signature covers them.
type Assertion struct {
	AuthenticatorData []byte // at most 1 KiB
	ClientDataJSON    []byte // at most 2 KiB
}

// Policy is where a party's passkeys may be used. It is part of the ledger's
// state. An empty list allows nothing.
type Policy struct {
	Origins    []string   // as a browser writes them: "https://wallet.example"
	RPIDHashes [][32]byte // SHA-256 of each relying party id: "wallet.example"
}

const (
	typeGet = "webauthn.get" // WebAuthn section 5.8.1

	maxClientDataBytes = 2 << 10
	maxAuthDataBytes   = 1 << 10
)

// VerifyWebAuthn says whether signature, in DER, is publicKey's assertion that
// its user agreed to body. It makes the checks of WebAuthn Level 3 section 7.2
// that need no state: type, challenge, flags, signature; and refuses
// assertions made inside a frame of another site. Origin and relying party
// depend on state and are checked by [CheckPolicy]; an assertion counts only
// if both return nil.
//
// The challenge is SHA-256(body). Either s is accepted, since authenticators
// emit either, so a transaction id must never include the signature.
//
// The signature counter is ignored. It reveals a cloned authenticator only if
// every use is seen in order by one server; passkeys synced between devices
// keep it at zero; and two transactions signed in a row may well arrive in
// the other order.
func VerifyWebAuthn(publicKey, body, signature []byte, wa *Assertion) error {
	challenge := sha256.Sum256(body)
	return VerifyWebAuthnChallenge(publicKey, challenge[:], signature, wa)
}

// VerifyWebAuthnChallenge is [VerifyWebAuthn] for a challenge that isn't the
// hash of a body, as in logging in to a server.
//
// Its errors, in the order of the checks: [ErrAssertion], [ErrLength],
// [ErrClientData], [ErrType], [ErrChallenge], [ErrCrossOrigin], [ErrAuthData],
// [ErrUserPresent], [ErrUserVerified], [ErrBackup], [ErrEncoding], [ErrLength]
// or [ErrKey] for the key, [ErrSignature].
func VerifyWebAuthnChallenge(publicKey, challenge, signature []byte, wa *Assertion) error {
	if wa == nil {
		return fmt.Errorf("%w: webauthn signature without authenticatorData and clientDataJSON", ErrAssertion)
	}
	client, err := parseClientData(wa.ClientDataJSON)
	if err != nil {
		return err
	}
	if err := checkClientData(client, challenge); err != nil {
		return err
	}
	auth, err := parseAssertionData(wa.AuthenticatorData)
	if err != nil {
		return err
	}
	if err := checkFlags(auth.flags); err != nil {
		return err
	}
	rs, err := parseDER(signature)
	if err != nil {
		return err
	}
	return verifyECDSA(publicKey, signedDigest(wa), rs)
}

// signedDigest hashes what an authenticator signs: authenticatorData ||
// SHA-256(clientDataJSON) (WebAuthn section 6.3.3).
func signedDigest(wa *Assertion) [32]byte {
	clientHash := sha256.Sum256(wa.ClientDataJSON)
	signed := make([]byte, 0, len(wa.AuthenticatorData)+len(clientHash))
	signed = append(signed, wa.AuthenticatorData...)
	signed = append(signed, clientHash[:]...)
	return sha256.Sum256(signed)
}

func checkClientData(client clientData, challenge []byte) error {
	if client.typ != typeGet {
		return fmt.Errorf("%w: %.40q, want %q", ErrType, client.typ, typeGet)
	}
	// The encoded forms are compared, as the standard says: decoding would
	// let one challenge be written several ways.
	want := base64.RawURLEncoding.EncodeToString(challenge)
	if subtle.ConstantTimeCompare([]byte(client.challenge), []byte(want)) != 1 {
		return fmt.Errorf("%w: %.60q, want %q (base64url, unpadded)", ErrChallenge, client.challenge, want)
	}
	if client.crossOrigin {
		return fmt.Errorf("%w: made in a frame of another site, want a page of the wallet's own", ErrCrossOrigin)
	}
	return nil
}

// checkFlags requires presence and verification of the user. Bits the standard
// reserves are ignored, as it asks.
func checkFlags(f flags) error {
	if f&flagUserPresent == 0 {
		return fmt.Errorf("%w: flags %#02x, want bit 0 set", ErrUserPresent, byte(f))
	}
	if f&flagUserVerified == 0 {
		return fmt.Errorf("%w: flags %#02x, want bit 2 set (ask with userVerification \"required\")", ErrUserVerified, byte(f))
	}
	return checkBackup(f)
}

// checkBackup: a credential that can't be backed up isn't (WebAuthn section
// 6.1.3).
func checkBackup(f flags) error {
	if f&flagBackedUp != 0 && f&flagBackupEligible == 0 {
		return fmt.Errorf("%w: flags %#02x, backed up (bit 4) without backup eligible (bit 3)", ErrBackup, byte(f))
	}
	return nil
}

// CheckPolicy says whether an assertion was made where policy allows: the
// origin, the top origin if there is one, and the relying party id
// (WebAuthn Level 3 section 7.2). Origins are compared byte for byte. It says
// nothing about the signature. It returns [ErrAssertion], [ErrLength],
// [ErrClientData], [ErrOrigin], [ErrTopOrigin], [ErrAuthData] or [ErrRPID].
func CheckPolicy(wa *Assertion, policy Policy) error {
	if wa == nil {
		return fmt.Errorf("%w: no assertion to check", ErrAssertion)
	}
	client, err := parseClientData(wa.ClientDataJSON)
	if err != nil {
		return err
	}
	if !slices.Contains(policy.Origins, client.origin) {
		return fmt.Errorf("%w: %.100q, want one of the %d allowed", ErrOrigin, client.origin, len(policy.Origins))
	}
	if client.hasTopOrigin && !slices.Contains(policy.Origins, client.topOrigin) {
		return fmt.Errorf("%w: %.100q, want one of the %d allowed", ErrTopOrigin, client.topOrigin, len(policy.Origins))
	}
	auth, err := parseAssertionData(wa.AuthenticatorData)
	if err != nil {
		return err
	}
	if !slices.Contains(policy.RPIDHashes, auth.rpIDHash) {
		return fmt.Errorf("%w: id hash %x, want one of the %d allowed", ErrRPID, auth.rpIDHash, len(policy.RPIDHashes))
	}
	return nil
}
