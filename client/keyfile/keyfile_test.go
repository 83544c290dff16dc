package keyfile

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/troth-ledger/troth/ledger/sig"
)

// quick makes tests fast and files weak.
func quick(passphrase string) Options { return Options{Passphrase: passphrase, WorkFactor: 2} }

func generate(t testing.TB, scheme sig.Scheme) *Key {
	t.Helper()
	k, err := Generate(scheme, "party-7", "laptop")
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestSaveLoadSign(t *testing.T) {
	for _, scheme := range []sig.Scheme{sig.Ed25519, sig.P256} {
		for name, o := range map[string]Options{"encrypted": quick("correct horse"), "plain": {NoPassphrase: true}} {
			path := filepath.Join(t.TempDir(), "key")
			k := generate(t, scheme)
			if err := Save(path, k, o); err != nil {
				t.Fatal(err)
			}
			info, err := os.Stat(path)
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("mode %v, %v", info.Mode(), err)
			}
			if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); len(left) != 0 {
				t.Errorf("left behind: %v", left)
			}
			if encrypted, err := Encrypted(path); err != nil || encrypted == o.NoPassphrase {
				t.Errorf("%s: Encrypted says %v, %v", name, encrypted, err)
			}
			got, err := Load(path, o.Passphrase)
			if err != nil {
				t.Fatal(err)
			}
			if got.String() != k.String() || got.Party != "party-7" || got.Label != "laptop" || got.Scheme() != scheme {
				t.Errorf("loaded %v %q %q, want %v", got, got.Party, got.Label, k)
			}
			for i := range 20 { // P-256 signatures have a low s only half the time by nature
				m := fmt.Append(nil, "message ", i)
				s, err := got.Sign(m)
				if err != nil {
					t.Fatal(err)
				}
				if err := sig.Verify(scheme, k.Public(), m, s, nil); err != nil {
					t.Errorf("%s %s: %v", scheme, name, err)
				}
			}
			if err := (sig.PublicKey{Scheme: scheme, Bytes: k.Public()}).Validate(); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	dir := t.TempDir()
	k := generate(t, sig.Ed25519)
	locked, plain := filepath.Join(dir, "locked"), filepath.Join(dir, "plain")
	if err := errors.Join(Save(locked, k, quick("right")), Save(plain, k, Options{NoPassphrase: true})); err != nil {
		t.Fatal(err)
	}
	load := func(path, passphrase string) error { _, err := Load(path, passphrase); return err }
	for _, c := range []struct {
		name string
		err  error
		want error
		says string
	}{
		{"wrong passphrase", load(locked, "wrong"), ErrWrongPassphrase, locked},
		{"no passphrase", load(locked, ""), ErrPassphraseNeeded, "give its passphrase"},
		{"passphrase for a plain file", load(plain, "x"), nil, "not encrypted"},
		{"absent", load(filepath.Join(dir, "absent"), ""), fs.ErrNotExist, "make a key"},
		{"directory", load(dir, ""), ErrMalformed, "regular"},
		{"overwrite", Save(locked, k, quick("x")), fs.ErrExist, "another path"},
		{"no choice", Save(filepath.Join(dir, "n"), k, Options{}), ErrNoPassphrase, "--no-passphrase"},
		{"both", Save(filepath.Join(dir, "n"), k, Options{Passphrase: "x", NoPassphrase: true}), nil, "choose one"},
		{"work factor", Save(filepath.Join(dir, "n"), k, Options{Passphrase: "x", WorkFactor: 21}), nil, "1 to 20"},
		{"no directory", Save(filepath.Join(dir, "a", "b"), k, quick("x")), fs.ErrNotExist, "directory"},
	} {
		if c.err == nil || c.want != nil && !errors.Is(c.err, c.want) || !strings.Contains(c.err.Error(), c.says) {
			t.Errorf("%s: %v, want %v saying %q", c.name, c.err, c.want, c.says)
		}
	}
	if err := os.Chmod(plain, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := load(plain, ""); err == nil || !strings.Contains(err.Error(), "chmod 600 "+plain) {
		t.Errorf("plain file others may read: %v", err)
	}
	if _, err := Generate(sig.WebAuthn, "", ""); err == nil {
		t.Error("generated a passkey")
	}
}

func TestDecodeMalformed(t *testing.T) {
	k := generate(t, sig.Ed25519)
	file, err := encode(k, Options{NoPassphrase: true})
	if err != nil {
		t.Fatal(err)
	}
	public := base64.StdEncoding.EncodeToString(k.Public())
	other := base64.StdEncoding.EncodeToString(generate(t, sig.Ed25519).Public())
	private := base64.StdEncoding.EncodeToString(k.private())
	for name, bad := range map[string]string{
		"empty":          "",
		"no marker":      string(file[len(plainMarker):]),
		"version":        strings.Replace(string(file), `"v":1`, `"v":2`, 1),
		"scheme":         strings.Replace(string(file), "ed25519", "rsa", 1),
		"passkey":        strings.Replace(string(file), "ed25519", "webauthn", 1),
		"public key":     strings.Replace(string(file), public, other, 1),
		"short private":  strings.Replace(string(file), private, private[4:], 1),
		"unknown member": strings.Replace(string(file), `"v":1`, `"v":1,"x":1`, 1),
		"twice":          string(file) + string(file[len(plainMarker):]),
		"cut":            string(file[:len(file)-5]),
		"armor cut":      "-----BEGIN AGE ENCRYPTED FILE-----\nYWdl",
	} {
		_, err := decode([]byte(bad), map[bool]string{true: "x"}[name == "armor cut"])
		if !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v, want %v", name, err, ErrMalformed)
		}
		if err != nil && strings.Contains(err.Error(), private[:8]) {
			t.Errorf("%s: the error shows the private key", name)
		}
	}
}

// TestNoSecretIsPrinted tries the ways values end up in logs.
func TestNoSecretIsPrinted(t *testing.T) {
	for _, scheme := range []sig.Scheme{sig.Ed25519, sig.P256} {
		k := generate(t, scheme)
		var out strings.Builder
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t"} {
			fmt.Fprintf(&out, verb, k)
			fmt.Fprintf(&out, verb, *k)
			fmt.Fprintf(&out, verb, struct{ k *Key }{k})
			fmt.Fprintf(&out, verb, struct{ k Key }{*k})
		}
		text, err := json.Marshal(k)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(text)
		printed := strings.ToLower(out.String())
		for _, secret := range []string{
			hex.EncodeToString(k.private()),
			strings.Trim(fmt.Sprint(k.private()), "[]"),
			strings.ToLower(base64.StdEncoding.EncodeToString(k.private())),
		} {
			if strings.Contains(printed, secret) {
				t.Errorf("%s: the private key is printed", scheme)
			}
		}
		if !strings.Contains(printed, hex.EncodeToString(k.Public())) {
			t.Errorf("%s: the public key is not", scheme)
		}
	}
}

// TestPublish: the name goes to one of two, and a file system without links
// works too.
func TestPublish(t *testing.T) {
	dir := t.TempDir()
	a, b, name := filepath.Join(dir, "a"), filepath.Join(dir, "b"), filepath.Join(dir, "name")
	noLink := func(string, string) error { return errors.ErrUnsupported }
	for _, p := range []string{a, b} {
		if err := os.WriteFile(p, []byte(p), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := publish(a, name, noLink); err != nil {
		t.Fatal(err)
	}
	for _, link := range []func(string, string) error{noLink, os.Link} {
		if err := publish(b, name, link); !errors.Is(err, fs.ErrExist) {
			t.Errorf("second file of the name: %v", err)
		}
	}
	if got, err := os.ReadFile(name); err != nil || !bytes.Equal(got, []byte(a)) {
		t.Errorf("%q, %v", got, err)
	}
}

// FuzzDecode: no file makes Load panic, and one that loads has a working key.
func FuzzDecode(f *testing.F) {
	for _, scheme := range []sig.Scheme{sig.Ed25519, sig.P256} {
		k := generate(f, scheme)
		for _, o := range []Options{quick("p"), {NoPassphrase: true}} {
			file, err := encode(k, o)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(file, o.Passphrase)
		}
	}
	f.Fuzz(func(t *testing.T, file []byte, passphrase string) {
		if isEncrypted(file) && passphrase != "" {
			return // this is age's own to fuzz, and a header may ask for a GiB
		}
		k, err := decode(file, passphrase)
		if err != nil {
			return
		}
		s, err := k.Sign([]byte("m"))
		if err != nil {
			t.Fatal(err)
		}
		if err := sig.Verify(k.Scheme(), k.Public(), []byte("m"), s, nil); err != nil {
			t.Fatal(err)
		}
	})
}
