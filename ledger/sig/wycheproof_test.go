package sig

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"testing"
)

type wycheproofFile struct {
	NumberOfTests int
	TestGroups    []struct {
		PublicKey struct {
			PK           hexBytes
			Uncompressed hexBytes
		}
		Tests []struct {
			TcID     int
			Comment  string
			Msg, Sig hexBytes
			Result   string
		}
	}
}

// ed25519Laxer are the Wycheproof cases marked invalid that ZIP-215 accepts on
// purpose, with the reason.
var ed25519Laxer = map[int]string{
	151: "R is y = 1 with the sign of x set: RFC 8032 section 5.1.3 step 4 refuses to decode it, " +
		"ZIP-215 decodes it to the identity, and the equation holds",
}

func TestWycheproofEd25519(t *testing.T) {
	var file wycheproofFile
	readVectors(t, "signatures/wycheproof_ed25519.json", &file)
	var batch Batch
	var want []bool
	run := 0
	for _, group := range file.TestGroups {
		key := group.PublicKey.PK
		if err := (PublicKey{Ed25519, key}).Validate(); err != nil {
			t.Errorf("key %x: %v", key, err)
		}
		for _, c := range group.Tests {
			run++
			valid := c.Result == "valid"
			if _, laxer := ed25519Laxer[c.TcID]; laxer {
				valid = true
			}
			if err := Verify(Ed25519, key, c.Msg, c.Sig, nil); (err == nil) != valid {
				t.Errorf("tcId %d (%s): %v, want valid %v", c.TcID, c.Comment, err, valid)
			}
			batch.Add(Ed25519, key, c.Msg, c.Sig, nil)
			want = append(want, valid)
		}
	}
	if run != file.NumberOfTests {
		t.Errorf("ran %d of %d", run, file.NumberOfTests)
	}
	for i, err := range batch.Verify() {
		if (err == nil) != want[i] {
			t.Errorf("batch: case %d: %v, want valid %v", i, err, want[i])
		}
	}
}

func TestWycheproofP256(t *testing.T) {
	var file wycheproofFile
	readVectors(t, "signatures/wycheproof_ecdsa_secp256r1_sha256.json", &file)
	run, highS := 0, 0
	for _, group := range file.TestGroups {
		point := group.PublicKey.Uncompressed
		key, err := compressPoint(point[1:33], point[33:])
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range group.Tests {
			run++
			err := verifyDER(key, sha256.Sum256(c.Msg), c.Sig)
			if c.Result == "acceptable" {
				t.Errorf("tcId %d: no acceptable cases were expected; decide it", c.TcID)
			}
			if (err == nil) != (c.Result == "valid") {
				t.Errorf("tcId %d (%s): %v, want %s", c.TcID, c.Comment, err, c.Result)
			}
			if err != nil {
				continue
			}
			if !checkRawForm(t, key, c.Msg, c.Sig) {
				highS++
			}
		}
	}
	if run != file.NumberOfTests {
		t.Errorf("ran %d of %d", run, file.NumberOfTests)
	}
	if highS == 0 {
		t.Error("no valid case had a high s, so refusing it is untested")
	}
}

// checkRawForm takes a valid DER signature through the raw scheme and says
// whether it was low-S.
func checkRawForm(t *testing.T, key, msg, der []byte) bool {
	t.Helper()
	raw, err := RawFromDER(der)
	if err != nil {
		t.Fatal(err)
	}
	low, err := LowS(raw)
	if err != nil {
		t.Fatal(err)
	}
	if err := Verify(P256, key, msg, low, nil); err != nil {
		t.Errorf("low-S form of %x: %v", der, err)
	}
	if bytes.Equal(low, raw) {
		return true
	}
	if err := Verify(P256, key, msg, raw, nil); !errors.Is(err, ErrHighS) {
		t.Errorf("high-S form of %x: %v, want %v", der, err, ErrHighS)
	}
	return false
}

func verifyDER(key []byte, digest [32]byte, der []byte) error {
	rs, err := parseDER(der)
	if err != nil {
		return err
	}
	return verifyECDSA(key, digest, rs)
}
