package node

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/p2p"
	ssproto "github.com/cometbft/cometbft/proto/tendermint/statesync"
	"github.com/cometbft/cometbft/statesync"
	"github.com/cometbft/cometbft/types"
	"github.com/cometbft/cometbft/version"
)

const (
	snapshotChannel = statesync.SnapshotChannel
	chunkChannel    = statesync.ChunkChannel
)

// What happens to a peer, beside what it sends.
type (
	came struct{}
	left struct{}
)

// p2pEvent is what a peer did.
type p2pEvent struct {
	peer p2p.Peer
	msg  any
}

// snapshotReactor hands what peers do to a channel. It answers nothing.
type snapshotReactor struct {
	p2p.BaseReactor
	events chan p2pEvent
	ended  chan struct{}
}

// GetChannels are CometBFT's for state sync, with bounds of our own.
func (r *snapshotReactor) GetChannels() []*p2p.ChannelDescriptor {
	return []*p2p.ChannelDescriptor{
		{ID: snapshotChannel, Priority: 5, SendQueueCapacity: 10, RecvMessageCapacity: 4 << 20, MessageType: &ssproto.Message{}},
		{ID: chunkChannel, Priority: 3, SendQueueCapacity: 10, RecvMessageCapacity: 16 << 20, MessageType: &ssproto.Message{}},
	}
}

func (r *snapshotReactor) hand(e p2pEvent) {
	select {
	case r.events <- e:
	case <-r.ended:
	}
}

func (r *snapshotReactor) AddPeer(p p2p.Peer)           { r.hand(p2pEvent{p, came{}}) }
func (r *snapshotReactor) RemovePeer(p p2p.Peer, _ any) { r.hand(p2pEvent{p, left{}}) }
func (r *snapshotReactor) Receive(e p2p.Envelope)       { r.hand(p2pEvent{e.Src, e.Message}) }

// snapshotNet is a node's connection to its peers for snapshots alone: it takes
// part in nothing else yet.
type snapshotNet struct {
	events <-chan p2pEvent
	peers  int // that are dialled: no other comes
	leave  func(peer p2p.Peer, why any)
	stop   func()
}

// dialForSnapshots connects to the peers of the configuration.
func dialForSnapshots(k *config.Config, doc *types.GenesisDoc, log *slog.Logger) (*snapshotNet, error) {
	key, err := p2p.LoadNodeKey(k.NodeKeyFile())
	if err != nil {
		return nil, fmt.Errorf("reading the node's key: %w", err)
	}
	info := p2p.DefaultNodeInfo{
		ProtocolVersion: p2p.NewProtocolVersion(version.P2PProtocol, version.BlockProtocol, 1),
		DefaultNodeID:   key.ID(), Network: doc.ChainID, Version: version.TMCoreSemVer,
		Channels: []byte{snapshotChannel, chunkChannel}, Moniker: k.Moniker,
		ListenAddr: k.P2P.ListenAddress, Other: p2p.DefaultNodeInfoOther{TxIndex: "off"},
	}
	if err := info.Validate(); err != nil {
		return nil, fmt.Errorf("p2p.listen: %w", err)
	}
	transport := p2p.NewMultiplexTransport(info, *key, p2p.MConnConfig(k.P2P))
	sw := p2p.NewSwitch(k.P2P, transport)
	sw.SetLogger(cometLog{log, nil, &fault{}})
	sw.SetNodeInfo(info)
	sw.SetNodeKey(key)
	r := &snapshotReactor{events: make(chan p2pEvent), ended: make(chan struct{})}
	r.BaseReactor = *p2p.NewBaseReactor("snapshots", r)
	sw.AddReactor("SNAPSHOTS", r)
	peers := strings.Split(k.P2P.PersistentPeers, ",")
	if err := sw.AddPersistentPeers(peers); err != nil {
		return nil, fmt.Errorf("p2p.peers: %w", err)
	}
	if err := sw.Start(); err != nil {
		return nil, err
	}
	stop := func() {
		close(r.ended)
		if err := errors.Join(sw.Stop(), transport.Close()); err != nil {
			log.Debug("leaving the peers", "err", err)
		}
	}
	if err := sw.DialPeersAsync(peers); err != nil {
		stop()
		return nil, fmt.Errorf("p2p.peers: %w", err)
	}
	return &snapshotNet{r.events, len(peers), sw.StopPeerForError, stop}, nil
}
