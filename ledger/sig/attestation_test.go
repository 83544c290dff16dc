package sig

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"
)

// attestationParts are the pieces of an attestation object, for tests to
// replace one.
type attestationParts struct {
	head, format, statement, cose, tail []byte
	flags                               flags
	id                                  []byte
}

func (p attestationParts) bytes() []byte {
	data := append(authBytes(p.flags), make([]byte, aaguidBytes)...)
	data = binary.BigEndian.AppendUint16(data, uint16(len(p.id)))
	data = append(append(append(data, p.id...), p.cose...), p.tail...)
	out := append(append(append([]byte{}, p.head...), p.format...), p.statement...)
	out = append(out, "\x68authData\x59"...)
	return append(binary.BigEndian.AppendUint16(out, uint16(len(data))), data...)
}

func soundAttestation(t testing.TB) (attestationParts, []byte) {
	t.Helper()
	key := newPasskey(t)
	point, err := key.private.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	cose := append([]byte{0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32}, point[1:33]...)
	cose = append(append(cose, 0x22, 0x58, 32), point[33:]...)
	return attestationParts{
		head:      []byte{0xa3},
		format:    []byte("\x63fmt\x64none"),
		statement: []byte("\x67attStmt\xa0"),
		cose:      cose,
		flags:     present | flagAttested,
		id:        bytes.Repeat([]byte{7}, 300),
	}, key.public
}

func testAttestation(t testing.TB) []byte {
	p, _ := soundAttestation(t)
	return p.bytes()
}

func TestParseAttestation(t *testing.T) {
	sound, public := soundAttestation(t)
	reorder := bytes.Clone(sound.cose) // alg before kty
	copy(reorder[1:5], []byte{3, 0x26, 1, 2})
	coseWith := func(at int, v byte) []byte {
		out := bytes.Clone(sound.cose)
		out[at] ^= v
		return out
	}
	for _, c := range []struct {
		name   string
		change func(*attestationParts)
		want   error
	}{
		{"sound", func(*attestationParts) {}, nil},
		{"not verified", func(p *attestationParts) { p.flags &^= flagUserVerified }, nil},
		{"packed", func(p *attestationParts) {
			p.format, p.statement = []byte("\x63fmt\x66packed"), []byte("\x67attStmt\xa2\x63alg\x26\x63sig\x41\x00")
		}, nil},
		{"statement first", func(p *attestationParts) { p.format, p.statement = p.statement, p.format }, nil},
		{"longest id", func(p *attestationParts) { p.id = make([]byte, 1023) }, nil},
		{"longer id", func(p *attestationParts) { p.id = make([]byte, 1024) }, ErrAuthData},
		{"no id", func(p *attestationParts) { p.id, p.cose = nil, append(p.cose, make([]byte, 200)...) }, ErrAuthData},
		{"extensions", func(p *attestationParts) { p.flags |= flagExtensions; p.tail = []byte{0xa0} }, nil},
		{"extensions, no flag", func(p *attestationParts) { p.tail = []byte{0xa0} }, ErrAuthData},
		{"an assertion", func(p *attestationParts) { p.flags &^= flagAttested }, ErrAuthData},
		{"backed up, not eligible", func(p *attestationParts) { p.flags |= flagBackedUp }, ErrBackup},
		{"none with a statement", func(p *attestationParts) { p.statement = []byte("\x67attStmt\xa1\x01\x01") }, ErrAttestation},
		{"statement not a map", func(p *attestationParts) { p.statement = []byte("\x67attStmt\x80") }, ErrAttestation},
		{"unknown format", func(p *attestationParts) { p.format = []byte("\x63fmt\x64nune") }, ErrAttestation},
		{"member twice", func(p *attestationParts) { p.format = p.statement }, ErrAttestation},
		{"four members", func(p *attestationParts) { p.head = []byte{0xa4} }, ErrAttestation},
		{"indefinite length", func(p *attestationParts) { p.head = []byte{0xbf} }, ErrAttestation},
		{"length not in its shortest form", func(p *attestationParts) { p.head = []byte{0xb8, 3} }, ErrAttestation},
		{"key in another order", func(p *attestationParts) { p.cose = reorder }, nil},
		{"key of another type", func(p *attestationParts) { p.cose = coseWith(2, 1) }, ErrKey},
		{"key of another algorithm", func(p *attestationParts) { p.cose = coseWith(4, 1) }, ErrKey},
		{"key on another curve", func(p *attestationParts) { p.cose = coseWith(6, 3) }, ErrKey},
		{"key off the curve", func(p *attestationParts) { p.cose = coseWith(20, 1) }, ErrKey},
		{"key with x twice", func(p *attestationParts) { p.cose = coseWith(42, 3) }, ErrKey},
		{"key with kty twice", func(p *attestationParts) { p.cose = append([]byte{0xa5, 1, 2, 1, 2}, sound.cose[5:]...) }, ErrKey},
		{"key of six parameters", func(p *attestationParts) { p.cose = coseWith(0, 3) }, ErrKey},
		{"key cut", func(p *attestationParts) { p.cose = p.cose[:40] }, ErrKey},
		{"too long", func(p *attestationParts) { p.tail = make([]byte, 16<<10) }, ErrLength},
	} {
		p := sound
		c.change(&p)
		id, key, _, err := ParseAttestation(p.bytes())
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
		if err == nil && (!bytes.Equal(id, p.id) || !bytes.Equal(key, public)) {
			t.Errorf("%s: id %x, key %x", c.name, id, key)
		}
	}
}
