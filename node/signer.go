package node

import (
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/crypto"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/privval"
	"github.com/cometbft/cometbft/types"
)

const (
	// signerPatience is how long a start waits for the remote signer to connect.
	signerPatience = 30 * time.Second
	// signerPause is how long after an attempt the next one is made.
	signerPause = 100 * time.Millisecond
)

// checkSigner refuses a place where anybody could connect in the signer's stead.
func (c *Config) checkSigner() error {
	at := c.Signer.Listen
	scheme, rest, _ := strings.Cut(at, "://")
	switch scheme {
	case "":
		return nil
	case "unix":
		return nil
	case "noise":
		if _, _, err := privval.ParseNoiseAddr(at); err != nil {
			return fmt.Errorf("%s: signer.listen: %q is not noise://<the signer's peer id>@host:port: %w", ConfigFile, at, err)
		}
		return nil
	case "tcp":
		host, _, err := net.SplitHostPort(rest)
		if err == nil && isLoopback(host) {
			return nil
		}
		if err == nil {
			return fmt.Errorf("%s: signer.listen: over tcp:// whoever connects is taken for the signer, and others can reach %s: use noise://, which names the signer, or 127.0.0.1 and a tunnel", ConfigFile, at)
		}
	}
	return fmt.Errorf("%s: signer.listen: %q is neither tcp://127.0.0.1:port, unix://path nor noise://<the signer's peer id>@host:port", ConfigFile, at)
}

// validator is who signs for this node: its own key, or a remote signer, where
// own is nil.
func (n *Node) validator(k *config.Config, chainID string, key *p2p.NodeKey) (pv types.PrivValidator, own *privval.FilePV, err error) {
	if k.PrivValidatorListenAddr == "" {
		own, err = loadValidator(k)
		return own, own, err
	}
	remote, err := n.remoteSigner(k.PrivValidatorListenAddr, chainID, key)
	if err != nil {
		return nil, nil, err
	}
	k.PrivValidatorListenAddr = "" // CometBFT would listen there too, for three seconds
	return remote, nil, nil
}

// remoteSigner waits for the process that has the validator's key in this node's
// place. What it signed last is the signer's to remember.
func (n *Node) remoteSigner(at, chainID string, key *p2p.NodeKey) (types.PrivValidator, error) {
	clearSocket(at)
	l, err := privval.NewSignerListenerFromAddr(at, key.PrivKey, cometLog{n.log, nil, n.fault})
	if err != nil {
		return nil, fmt.Errorf("signer.listen: %w", err)
	}
	c, err := privval.NewSignerClient(l, chainID)
	if err != nil {
		return nil, err
	}
	n.signer = l
	var pub crypto.PubKey
	// One that connects and says nothing loses its place to the next.
	for end := time.Now().Add(signerPatience); ; {
		if err = c.WaitForConnection(time.Until(end)); err == nil {
			pub, err = c.GetPubKey()
		}
		if err == nil || time.Now().After(end) {
			break
		}
		time.Sleep(signerPause)
	}
	if err != nil {
		return nil, fmt.Errorf("no signer answers at %s within %s: %w; start it for chain %s, or clear signer.listen to sign with %s", at, signerPatience, err, chainID, validatorKey)
	}
	return newSigner(c, pub, n.decides, n.log), nil
}

// decides says whether the chain stands still without this node's validator: the
// others have no more than two thirds of the power.
func (n *Node) decides() bool {
	v := n.Voters()
	if v.Count == 0 && n.first != nil && n.env.PubKey != nil {
		// There was no block since the start.
		if _, own := n.first.GetByAddress(n.env.PubKey.Address()); own != nil {
			v.Own, v.Power = own.VotingPower, n.first.TotalVotingPower()
		}
	}
	return v.Own > 0 && 3*v.Own >= v.Power
}

// clearSocket removes a socket where nobody listens any more: a node that was
// killed leaves it, and could not listen there again.
func clearSocket(at string) {
	path, ok := strings.CutPrefix(at, "unix://")
	if !ok {
		return
	}
	if info, err := os.Stat(path); err != nil || info.Mode()&os.ModeSocket == 0 {
		return
	}
	if c, err := net.Dial("unix", path); err == nil {
		_ = c.Close()
		return
	}
	_ = os.Remove(path) // where it stays, listening says why
}
