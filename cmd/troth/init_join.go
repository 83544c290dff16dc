package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"time"

	"connectrpc.com/connect"
	"github.com/spf13/cobra"

	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/gen/pb/pbconnect"
	"github.com/troth-ledger/troth/node"
)

// apiSource reads headers from a node's API.
type apiSource struct {
	url string
	api pbconnect.LedgerClient
}

// sources are the APIs that a node joins by.
func sources(urls []string) (out []node.Source) {
	for _, u := range urls {
		out = append(out, &apiSource{u, client.Dial(u)})
	}
	return out
}

// apiPatience is how long an API may take for a header.
const apiPatience = 20 * time.Second

func (s *apiSource) String() string { return s.url }

func (s *apiSource) Header(ctx context.Context, height int64) (header, validators []byte, err error) {
	r, err := s.read(ctx, height)
	return r.GetSignedHeader(), r.GetValidators(), err
}

func (s *apiSource) read(ctx context.Context, height int64) (*pb.ReadHeaderResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, apiPatience)
	defer cancel()
	r, err := s.api.ReadHeader(ctx, connect.NewRequest(&pb.ReadHeaderRequest{Height: height}))
	if err != nil {
		return nil, err
	}
	return r.Msg, nil
}

// joinFlags are the flags of init for a node that joins a running chain.
type joinFlags struct {
	nodes, peers []string
	listen, hash string
	height       int64
	fromBlocks   bool
}

func (j *joinFlags) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringSliceVar(&j.nodes, "join", nil, "join the chain of the node with this API; name a second one of another operator to compare")
	f.StringSliceVar(&j.peers, "peer", nil, "with --join: connect to this node, id@host:port; the ones of --join where not given")
	f.BoolVar(&j.fromBlocks, "from-blocks", false, "with --join: execute all blocks from the first on, in place of a snapshot")
	f.StringVar(&j.listen, "p2p-listen", "0.0.0.0:26656", "with --join: where other nodes connect")
	f.Int64Var(&j.height, "trust-height", 0, "with --join: height of a block that you trust; the last snapshot's where not given")
	f.StringVar(&j.hash, "trust-hash", "", "with --join: that block's hash, from a source that you trust")
}

// run makes the folder of a node that joins.
func (j *joinFlags) run(cmd *cobra.Command, home, listen string) error {
	if (j.height == 0) != (j.hash == "") {
		return usagef("--trust-height and --trust-hash go together")
	}
	var genesis []byte
	var at int64
	for _, u := range j.nodes {
		s := &apiSource{u, client.Dial(u)}
		ctx, cancel := context.WithTimeout(cmd.Context(), apiPatience)
		r, err := s.api.ReadGenesis(ctx, connect.NewRequest(&pb.ReadGenesisRequest{}))
		cancel()
		if err != nil {
			return (&session{node: u}).explain(err)
		}
		switch {
		case genesis == nil:
			genesis, at = r.Msg.Genesis, r.Msg.SnapshotHeight
		case string(genesis) != string(r.Msg.Genesis):
			return fmt.Errorf("%s and %s have different genesis files: they are not of one chain", j.nodes[0], u)
		}
		if !cmd.Flags().Changed("peer") && r.Msg.Port > 0 {
			j.peers = append(j.peers, r.Msg.NodeId+"@"+net.JoinHostPort(hostOf(u), strconv.Itoa(int(r.Msg.Port))))
		}
	}
	first := &apiSource{j.nodes[0], client.Dial(j.nodes[0])}
	if j.hash == "" {
		r, err := first.read(cmd.Context(), at)
		if err != nil {
			return (&session{node: j.nodes[0]}).explain(err)
		}
		j.height, j.hash = r.Height, hex.EncodeToString(r.Hash)
	}
	if len(j.peers) == 0 {
		return fmt.Errorf("%s says no port where nodes connect to it; name nodes to connect to with --peer id@host:port", j.nodes[0])
	}
	if listen == "" {
		listen = "127.0.0.1:8700"
	}
	join := node.Joining{Nodes: j.nodes}
	join.Trust.Height, join.Trust.Hash = j.height, j.hash
	how := "joins from a snapshot"
	if j.fromBlocks {
		join, how = node.Joining{}, "executes all blocks"
	}
	if err := node.InitJoining(home, genesis, listen, j.listen, j.peers, join); err != nil {
		return err
	}
	_, err := fmt.Fprintf(cmd.OutOrStdout(), `made a node in %s that %s; its configuration is %s

Compare these with what somebody else says who runs a node of the chain:
  genesis   sha256 %x
  block     %d has the hash %s

Start it with: troth start --home %s
`, home, how, filepath.Join(home, node.ConfigFile), sha256.Sum256(genesis), j.height, j.hash, home)
	return err
}

// hostOf is the host of an API's address.
func hostOf(api string) string {
	u, err := url.Parse(api)
	if err != nil {
		return api
	}
	return u.Hostname()
}
