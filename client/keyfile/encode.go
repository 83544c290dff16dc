package keyfile

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"
	"github.com/troth-ledger/troth/ledger/sig"
)

const (
	version = 1

	// plainMarker is the first line of a file without a passphrase.
	plainMarker = "# NOT ENCRYPTED: whoever reads this file can sign as its party\n"

	// maxWorkFactor bounds what a file can ask of whoever opens it: 2^20 is
	// 1 GiB of memory and some seconds.
	maxWorkFactor = 20

	// DefaultWorkFactor costs about a second and 256 MiB, for us and for each
	// guess of a thief.
	DefaultWorkFactor = 18

	maxFileBytes = 64 << 10
)

var (
	// ErrPassphraseNeeded: the file is encrypted and no passphrase was given.
	ErrPassphraseNeeded = errors.New("the key file is encrypted: give its passphrase")
	// ErrWrongPassphrase: the file does not open with the passphrase given.
	ErrWrongPassphrase = errors.New("wrong passphrase for the key file")
	// ErrNoPassphrase: nothing was said about how to protect a new file.
	ErrNoPassphrase = errors.New("no passphrase: give one, or ask for a file without (--no-passphrase)")
	// ErrMalformed: the file is not a key file.
	ErrMalformed = errors.New("not a Troth key file")
)

// content is the JSON in a key file. Byte strings are standard base64, padded.
type content struct {
	Version int    `json:"v"`
	Scheme  string `json:"scheme"`
	Private []byte `json:"private"`
	Public  []byte `json:"public"`
	Party   string `json:"party"`
	Label   string `json:"label"`
}

// encode returns the bytes of a key file.
func encode(k *Key, o Options) ([]byte, error) {
	text, err := json.Marshal(content{version, k.scheme.String(), k.private(), k.public, k.Party, k.Label})
	if err != nil {
		return nil, err
	}
	text = append(text, '\n')
	if o.NoPassphrase {
		return append([]byte(plainMarker), text...), nil
	}
	recipient, err := age.NewScryptRecipient(o.Passphrase)
	if err != nil {
		return nil, ErrNoPassphrase
	}
	recipient.SetWorkFactor(o.WorkFactor)
	var out bytes.Buffer
	armored := armor.NewWriter(&out)
	w, err := age.Encrypt(armored, recipient)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(text); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	if err := armored.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func isPlain(file []byte) bool     { return bytes.HasPrefix(file, []byte(plainMarker)) }
func isEncrypted(file []byte) bool { return bytes.HasPrefix(file, []byte(armor.Header)) }

// decode is the inverse of encode. Its errors never quote the file.
func decode(file []byte, passphrase string) (*Key, error) {
	text, err := decrypt(file, passphrase)
	if err != nil {
		return nil, err
	}
	var c content
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil || strings.TrimSpace(string(text[d.InputOffset():])) != "" {
		return nil, fmt.Errorf("%w: its content is not the JSON of a key", ErrMalformed)
	}
	if c.Version != version {
		return nil, fmt.Errorf("%w: version %d, this program reads version %d; use a newer one", ErrMalformed, c.Version, version)
	}
	scheme, err := sig.ParseScheme(c.Scheme)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	key, err := newKey(scheme, c.Private)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if !bytes.Equal(key.public, c.Public) {
		return nil, fmt.Errorf("%w: its public key %s is not that of its private key; restore the file from a copy",
			ErrMalformed, base64.StdEncoding.EncodeToString(c.Public))
	}
	key.Party, key.Label = c.Party, c.Label
	return key, nil
}

// decrypt returns the JSON in a key file.
func decrypt(file []byte, passphrase string) ([]byte, error) {
	switch {
	case isPlain(file):
		if passphrase != "" {
			// Whoever expects an encrypted file should learn that it isn't,
			// or that somebody has put another in its place.
			return nil, errors.New("a passphrase was given, but the key file is not encrypted; leave the passphrase out if that is right")
		}
		return file[len(plainMarker):], nil
	case !isEncrypted(file):
		return nil, fmt.Errorf("%w: it begins neither with %q nor with %q",
			ErrMalformed, armor.Header, strings.TrimSpace(plainMarker))
	case passphrase == "":
		return nil, ErrPassphraseNeeded
	}
	identity, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, err
	}
	identity.SetMaxWorkFactor(maxWorkFactor)
	r, err := age.Decrypt(armor.NewReader(bytes.NewReader(file)), identity)
	var noMatch *age.NoIdentityMatchError
	if errors.As(err, &noMatch) {
		return nil, ErrWrongPassphrase
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	text, err := io.ReadAll(io.LimitReader(r, maxFileBytes))
	if err != nil {
		return nil, fmt.Errorf("%w: damaged: %w", ErrMalformed, err)
	}
	return text, nil
}
