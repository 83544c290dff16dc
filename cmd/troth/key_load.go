package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/troth-ledger/troth/client/keyfile"
)

// errNoTerminal says that there is nobody to ask.
var errNoTerminal = errors.New("no terminal to ask on")

// errKey marks errors of key files.
var errKey = errors.New("key")

// secrets is where passphrases come from.
type secrets struct{ file string }

func (s *secrets) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&s.file, "passphrase-file", "", "file whose first line is the key's passphrase; TROTH_PASSPHRASE, or the terminal, where not given")
	complete(cmd, "passphrase-file")
}

// given is the passphrase from the file or the environment; ok is false where
// neither has one.
func (s *secrets) given() (pass string, ok bool, err error) {
	if s.file != "" {
		b, err := os.ReadFile(s.file)
		if err != nil {
			return "", false, err
		}
		line, _, _ := strings.Cut(string(b), "\n")
		return strings.TrimRight(line, "\r"), true, nil
	}
	pass, ok = os.LookupEnv("TROTH_PASSPHRASE")
	return pass, ok && pass != "", nil
}

// passphrase is the passphrase for opening a key file.
func (s *secrets) passphrase(path string) (string, error) {
	pass, ok, err := s.given()
	if ok || err != nil {
		return pass, err
	}
	pass, err = askHidden("Passphrase of " + path + ": ")
	if errors.Is(err, errNoTerminal) {
		return "", fmt.Errorf("%s is encrypted and there is no terminal to ask for its passphrase: set TROTH_PASSPHRASE, or give --passphrase-file", path)
	}
	return pass, err
}

// choosePassphrase is the passphrase for a new key file. A terminal is asked
// twice.
func (s *secrets) choosePassphrase() (string, error) {
	pass, ok, err := s.given()
	if ok || err != nil {
		return pass, err
	}
	pass, err = askHidden("Passphrase for the new key: ")
	if errors.Is(err, errNoTerminal) {
		return "", errors.New("no terminal to ask for the new key's passphrase: set TROTH_PASSPHRASE, give --passphrase-file, or ask for a key without one with --no-passphrase")
	}
	if err != nil {
		return "", err
	}
	if pass == "" {
		return "", errors.New("an empty passphrase protects nothing; ask for a key without one with --no-passphrase")
	}
	again, err := askHidden("Again: ")
	if err == nil && again != pass {
		err = errors.New("the two passphrases differ; nothing was written")
	}
	return pass, err
}

// load reads a key file.
func (s *secrets) load(path string) (*keyfile.Key, error) {
	locked, err := keyfile.Encrypted(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errKey, err)
	}
	pass := ""
	if locked {
		if pass, err = s.passphrase(path); err != nil {
			return nil, err
		}
	}
	k, err := keyfile.Load(path, pass)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errKey, err)
	}
	return k, nil
}
