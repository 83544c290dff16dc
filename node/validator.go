package node

import (
	"fmt"
	"os"

	"github.com/cometbft/cometbft/config"
	cmtjson "github.com/cometbft/cometbft/libs/json"
	"github.com/cometbft/cometbft/privval"
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
	var last privval.FilePVLastSignState
	if err := readJSON(k.PrivValidatorStateFile(), &last); err != nil {
		return nil, fmt.Errorf("reading what the validator signed last: %w; without this file it could sign a height twice, "+
			"which is punished as fraud. If this node's key signs nowhere else, and is alone on its chain, write %s", err, emptySigned)
	}
	return privval.LoadFilePV(k.PrivValidatorKeyFile(), k.PrivValidatorStateFile()), nil
}

// emptySigned is the file's content before the first signature.
const emptySigned = `{"height":"0","round":0,"step":0}`

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
