package node

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/cometbft/cometbft/config"
	cmtjson "github.com/cometbft/cometbft/libs/json"
	"github.com/cometbft/cometbft/privval"

	"github.com/troth-ledger/troth/ledger/council"
)

// loadValidator reads the validator's key and what it signed last. CometBFT ends
// the process where it can't read them, so they are looked at first.
func loadValidator(k *config.Config) (*privval.FilePV, error) {
	var key privval.FilePVKey
	if err := readJSON(k.PrivValidatorKeyFile(), &key); err != nil {
		return nil, fmt.Errorf("reading the validator's key: %w", err)
	}
	if key.PrivKey == nil {
		return nil, fmt.Errorf("reading the validator's key: there is none in %s; restore it from a backup", k.PrivValidatorKeyFile())
	}
	if err := checkPair(k.PrivValidatorKeyFile(), key.PrivKey, key.PubKey); err != nil {
		return nil, fmt.Errorf("reading the validator's key: %w", err)
	}
	var last privval.FilePVLastSignState
	err := readJSON(k.PrivValidatorStateFile(), &last)
	if err == nil {
		err = checkSigned(key.PrivKey.PubKey(), &last)
	}
	if err != nil {
		return nil, fmt.Errorf("reading what the validator signed last: %w; without this file it could sign a height twice, "+
			"which is punished as fraud. If this node's key signs nowhere else, and is alone on its chain, write %s into it, with the height at which `troth fsck` says that the blocks end in place of 0", err, emptySigned)
	}
	return privval.LoadFilePV(k.PrivValidatorKeyFile(), k.PrivValidatorStateFile()), nil
}

// emptySigned is the file's content before the first signature.
const emptySigned = `{"height":"0","round":0,"step":3}`

func readJSON(path string, v any) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := cmtjson.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// NewValidator makes a key for a validator in a new file, of the form that a
// node has its own in, and returns the public key. It never overwrites.
func NewValidator(path string) ([]byte, error) {
	if _, err := os.Lstat(path); err == nil {
		return nil, fmt.Errorf("%s is there already; keys are not overwritten: choose another path", path)
	}
	pv := privval.GenFilePV(path, "")
	pv.Key.Save()
	return pv.Key.PubKey.Bytes(), nil
}

// Possession proves that a validator's key, in a file as a node has its own in,
// is meant for a member of a chain's council: see council.Possession. It returns
// the public key and its signature.
func Possession(path, chainID, party string) (public, signature []byte, err error) {
	var key privval.FilePVKey
	if err := readJSON(path, &key); err != nil {
		return nil, nil, fmt.Errorf("reading the validator's key: %w", err)
	}
	if key.PrivKey == nil {
		return nil, nil, fmt.Errorf("%s has no private key", path)
	}
	public = key.PrivKey.PubKey().Bytes()
	signature, err = key.PrivKey.Sign(council.Possession(chainID, party, public))
	return public, signature, err
}

// UseValidator puts a validator's key in the place of a stopped node's own, which
// stays beside it under its address. What the old key signed last becomes what
// the new one may not sign again: height, round and step stay, the signature,
// which is the old key's, goes. It returns where the old key is.
func UseValidator(home, path string) (old string, err error) {
	lock, err := lockHome(home)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	var was, is privval.FilePVKey
	if err := readJSON(path, &is); err != nil {
		return "", fmt.Errorf("reading the new key: %w", err)
	}
	if is.PrivKey == nil {
		return "", fmt.Errorf("%s has no private key", path)
	}
	if err := checkPair(path, is.PrivKey, is.PubKey); err != nil {
		return "", err
	}
	own, last := ValidatorFile(home), filepath.Join(home, validatorLast)
	if err := readJSON(own, &was); err != nil {
		return "", fmt.Errorf("reading the node's key: %w", err)
	}
	var signed privval.FilePVLastSignState
	if err := readJSON(last, &signed); err != nil {
		return "", fmt.Errorf("reading what the validator signed last: %w", err)
	}
	b, err := os.ReadFile(own)
	if err != nil {
		return "", err
	}
	old = filepath.Join(filepath.Dir(own), fmt.Sprintf("validator-%x.json", []byte(was.Address)))
	if err := os.WriteFile(old, b, 0o600); err != nil {
		return "", err
	}
	signed.Signature, signed.SignBytes = nil, nil
	if b, err = cmtjson.MarshalIndent(&signed, "", "  "); err != nil {
		return "", err
	}
	if err := os.WriteFile(last+".new", b, 0o600); err != nil {
		return "", err
	}
	if err := os.Rename(last+".new", last); err != nil {
		return "", err
	}
	return old, os.Rename(path, own)
}

// ValidatorFile is where a node has its validator's key.
func ValidatorFile(home string) string { return filepath.Join(home, validatorKey) }

// ChainOf is the id of the chain that a node's folder belongs to.
func ChainOf(home string) (string, error) {
	doc, err := readGenesis(filepath.Join(home, genesisFile))
	if err != nil {
		return "", fmt.Errorf("reading the genesis: %w", err)
	}
	return doc.ChainID, nil
}
