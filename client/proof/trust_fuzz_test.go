package proof_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/troth-ledger/troth/client/proof"
)

// FuzzLoadTrust: no file panics, and what is read as a trust file names a chain
// and a set of validators, and is the same when it is written and read again.
func FuzzLoadTrust(f *testing.F) {
	_, set := council("a", 4)
	b, err := json.Marshal(&proof.Trust{ChainID: chain, ValidatorsHash: set.Hash(), Validators: set, At: began})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"chain_id":"x","validators_hash":"00"}`))
	f.Add([]byte(`{"genesis_time":"2026-06-01T12:00:00Z","chain_id":"x","validators":[{"pub_key":{"type":"tendermint/PubKeyEd25519","value":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},"power":"10"}]}`))
	f.Add([]byte(`{"genesis_time":"2026-06-01T12:00:00Z","chain_id":"x","validators":[{"pub_key":{"type":"tendermint/PubKeyEd25519","value":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},"power":"-1"}]}`))
	f.Add([]byte(`{"genesis_time":"2026-06-01T12:00:00Z","chain_id":"x","validators":[{"pub_key":{"type":"tendermint/PubKeyEd25519","value":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},"power":"1"},{"pub_key":{"type":"tendermint/PubKeyEd25519","value":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},"power":"1"}]}`))
	f.Add([]byte(`{"genesis_time":"2026-06-01T12:00:00Z","chain_id":"x","validators":[{"power":"1"}]}`))
	f.Add([]byte(`{"genesis_time":"2026-06-01T12:00:00Z","chain_id":"x","validators":[{"pub_key":{"type":"tendermint/PubKeyEd25519","value":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},"power":"9223372036854775807"}]}`))
	f.Add([]byte(`{"genesis_time":"2026-06-01T12:00:00Z","chain_id":"x","validators":[{"pub_key":{"type":"tendermint/PubKeyEd25519","value":"AA=="},"power":"10"}]}`))
	f.Add([]byte(`{"genesis_time":"2026-06-01T12:00:00Z","chain_id":"x","validators":[]}`))
	path := filepath.Join(f.TempDir(), "trust.json")
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		trust, err := proof.LoadTrust(path)
		if err != nil {
			return
		}
		if trust.ChainID == "" || len(trust.ValidatorsHash) != 32 {
			t.Fatalf("%+v", trust)
		}
		if trust.At.Year() < 0 || trust.At.Year() > 9999 {
			return // JSON has no such time
		}
		written, err := json.Marshal(trust)
		if err != nil {
			t.Fatal(err)
		}
		again := &proof.Trust{}
		if err := json.Unmarshal(written, again); err != nil || again.ChainID != trust.ChainID || !bytes.Equal(again.ValidatorsHash, trust.ValidatorsHash) || !again.At.Equal(trust.At) {
			t.Fatalf("%s is read as %+v (%v)", written, again, err)
		}
	})
}
