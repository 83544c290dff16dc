package main

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger"
	"github.com/troth-ledger/troth/node"
)

// validatorsMax is the most machines of a new chain; the council can grow beyond.
const validatorsMax = 64

// testnetFlags describe a new chain of several machines.
type testnetFlags struct {
	dir, chain    string
	validators    int
	hosts         []string
	port, p2pPort int
	demo          bool
}

func newTestnetCommand() *cobra.Command {
	t := &testnetFlags{}
	c := &cobra.Command{
		Use:   "testnet",
		Short: "Make the folders of a new chain's machines, and run them on one",
		Long: `Make the folders of a new chain's machines: DIR/node1, DIR/node2 and so on, each
with keys of its own, the one genesis, and the others as its peers.

Without --hosts they are for one machine, on ports one after the other; run them
with: troth testnet start. With --hosts, take each folder to its machine.`,
		Example: "  troth testnet --validators 4 --dir testnet --hosts 10.0.0.1,10.0.0.2,10.0.0.3,10.0.0.4",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return t.run(cmd) },
	}
	f := c.Flags()
	f.StringVar(&t.dir, "dir", "testnet", "where the folders are made")
	f.IntVar(&t.validators, "validators", 4, "how many machines; with fewer than four none may fail")
	f.StringVar(&t.chain, "chain-id", "", "the chain's id: a-z, 0-9 and -; made up where empty")
	f.StringSliceVar(&t.hosts, "hosts", nil, "names or addresses of the machines, by which the others reach each")
	f.IntVar(&t.port, "port", 8700, "port of the API on the loopback; without --hosts of the first node's")
	f.IntVar(&t.p2pPort, "p2p-port", 26656, "port where the other nodes connect; without --hosts of the first node's")
	f.BoolVar(&t.demo, "demo", false, "with the demo companies, whose keys are in DIR/demo")
	c.AddCommand(newTestnetStartCommand())
	return c
}

func (t *testnetFlags) run(cmd *cobra.Command) error {
	if t.validators < 1 || t.validators > validatorsMax {
		return usagef("--validators is 1 to %d, not %d", validatorsMax, t.validators)
	}
	if len(t.hosts) > 0 && len(t.hosts) != t.validators {
		return usagef("--hosts names %s, --validators says %d", plural(len(t.hosts), "machine"), t.validators)
	}
	chain, err := chainName(t.chain)
	if err != nil {
		return err
	}
	g := &pb.Genesis{Params: ledger.DefaultParams()}
	if t.demo {
		if g.Parties, err = demoParties(filepath.Join(t.dir, "demo")); err != nil {
			return fmt.Errorf("making the demo companies: %w", err)
		}
	}
	machines, err := t.machines()
	if err != nil {
		return err
	}
	if err := node.Testnet(chain, time.Now(), g, machines); err != nil {
		if errors.Is(err, node.ErrExists) {
			return fmt.Errorf("%w; run it with: troth testnet start --dir %s", err, t.dir)
		}
		return err
	}
	w := cmd.OutOrStdout()
	fmt.Fprintf(w, "made chain %s:\n", chain)
	for _, m := range machines {
		fmt.Fprintf(w, "  %s  @%s  others connect to %s  API %s\n", m.Home, m.Operator.Handle, m.Address, m.API)
	}
	if len(t.hosts) > 0 {
		fmt.Fprintf(w, "take each folder to its machine, and start it there with: troth start --home FOLDER\n")
		return nil
	}
	_, err = fmt.Fprintf(w, "run them with: troth testnet start --dir %s\n", t.dir)
	return err
}

// machines are the machines with their operators' keys made.
func (t *testnetFlags) machines() (out []node.Machine, err error) {
	for i := range t.validators {
		m := node.Machine{Home: filepath.Join(t.dir, fmt.Sprintf("node%d", i+1))}
		if len(t.hosts) > 0 {
			m.API, m.Listen = loopback(t.port), net.JoinHostPort("0.0.0.0", strconv.Itoa(t.p2pPort))
			m.Address = net.JoinHostPort(t.hosts[i], strconv.Itoa(t.p2pPort))
		} else {
			m.API, m.Listen = loopback(t.port+i), loopback(t.p2pPort+i)
			m.Address = m.Listen
		}
		if m.Operator, err = operatorParty(m.Home, fmt.Sprintf("member%d", i+1)); err != nil {
			return nil, fmt.Errorf("making the operator of node %d: %w", i+1, err)
		}
		out = append(out, m)
	}
	return out, nil
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
