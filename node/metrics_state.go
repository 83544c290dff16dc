package node

import (
	"sync"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cometbft/cometbft/blocksync"
	"github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/consensus"
	"github.com/cometbft/cometbft/mempool"
	"github.com/cometbft/cometbft/node"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/proxy"
	sm "github.com/cometbft/cometbft/state"
	"github.com/cometbft/cometbft/statesync"
	"github.com/prometheus/client_golang/prometheus"
)

// gauges reports what is looked up when somebody asks.
type gauges struct {
	n *Node
	// mu is held while the stores are read: they must be open.
	mu     sync.RWMutex
	closed bool
}

func gauge(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

var (
	descHeight     = gauge("troth_block_height", "The last committed height.")
	descTime       = gauge("troth_block_timestamp_seconds", "Block time of the last committed height, since 1970.")
	descReady      = gauge("troth_ready", "1 where the node is ready, as /readyz says, and 0 where it isn't.")
	descRows       = gauge("troth_state_rows", "Rows in the state: the leaves of its tree.")
	descPool       = gauge("troth_pool_transactions", "Transactions that wait for a block.")
	descPoolBytes  = gauge("troth_pool_bytes", "Size of the transactions that wait for a block.")
	descQueue      = gauge("troth_door_queue_transactions", "Transactions that wait to be verified.")
	descQueueBytes = gauge("troth_door_queue_bytes", "Size of the transactions that wait to be verified.")
	descWatchers   = gauge("troth_watchers", "Streams that watch what changes.")
	descWaiting    = gauge("troth_submit_waiting_transactions", "Transactions whose senders wait for them to become final.")
	descPeers      = gauge("troth_peers", "Other nodes that this one is connected to.")
	descVoters     = gauge("troth_validators", "Validators as of the last block.")
	descPower      = gauge("troth_voting_power", "Voting power of all validators together.")
	descMissing    = gauge("troth_voting_power_missing", "Voting power of validators whose signature was not in the last block; a third of all stops the chain.")
	descFree       = gauge("troth_disk_free_bytes", "Room on the disk that the node's folder is on.")

	descStore     = gauge("troth_store_size_bytes", "Disk space of a store, its log included.", "store")
	descStoreDebt = gauge("troth_store_compaction_debt_bytes", "What a store still has to compact.", "store")
	descStoreRead = gauge("troth_store_read_amplification", "In how many places a store looks for a row at most.", "store")
	descStoreRuns = gauge("troth_store_compactions_total", "Compactions of a store since the start.", "store")
	descStoreHits = gauge("troth_store_cache_hits_total", "Blocks of a store found in its cache since the start.", "store")
	descStoreMiss = gauge("troth_store_cache_misses_total", "Blocks of a store not found in its cache since the start.", "store")
)

// Describe implements prometheus.Collector.
func (g *gauges) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descHeight, descTime, descReady, descRows, descPool, descPoolBytes, descQueue, descQueueBytes, descWatchers,
		descWaiting, descPeers, descVoters, descPower, descMissing, descFree, descStore, descStoreDebt, descStoreRead, descStoreRuns, descStoreHits, descStoreMiss} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (g *gauges) Collect(ch chan<- prometheus.Metric) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if g.closed {
		return
	}
	n, a := g.n, g.n.app
	set := func(d *prometheus.Desc, v float64) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v)
	}
	ready := 0.0
	if n.Health().Ready {
		ready = 1
	}
	txs, bytes := a.pool.size()
	watchers, waiting := a.hub.size()
	set(descHeight, float64(n.store.Height()))
	set(descTime, float64(n.BlockTime().UnixMilli())/1000)
	set(descReady, ready)
	set(descRows, float64(n.store.Len()))
	set(descPool, float64(txs))
	set(descPoolBytes, float64(bytes))
	set(descQueue, float64(len(a.door.queue)))
	set(descQueueBytes, float64(a.door.bytes.Load()))
	set(descWatchers, float64(watchers))
	set(descWaiting, float64(waiting))
	set(descPeers, float64(n.Peers()))
	voters := n.Voters()
	set(descVoters, float64(voters.Count))
	set(descPower, float64(voters.Power))
	set(descMissing, float64(voters.Missing))
	if free, err := diskFree(n.home); err == nil {
		set(descFree, float64(free))
	}
	collectStore(ch, "ledger", n.store.Metrics())
	n.dbs.each(func(name string, m *pebble.Metrics) { collectStore(ch, name, m) })
}

// collectStore reports what a store says of itself.
func collectStore(ch chan<- prometheus.Metric, name string, m *pebble.Metrics) {
	set := func(d *prometheus.Desc, kind prometheus.ValueType, v float64) {
		ch <- prometheus.MustNewConstMetric(d, kind, v, name)
	}
	set(descStore, prometheus.GaugeValue, float64(m.DiskSpaceUsage()))
	set(descStoreDebt, prometheus.GaugeValue, float64(m.Compact.EstimatedDebt))
	set(descStoreRead, prometheus.GaugeValue, float64(m.ReadAmp()))
	set(descStoreRuns, prometheus.CounterValue, float64(m.Compact.Count))
	set(descStoreHits, prometheus.CounterValue, float64(m.BlockCache.Hits))
	set(descStoreMiss, prometheus.CounterValue, float64(m.BlockCache.Misses))
}

// close keeps later scrapes away from the stores, and waits for those under way.
func (g *gauges) close() {
	if g != nil {
		g.mu.Lock()
		g.closed = true
		g.mu.Unlock()
	}
}

// cometNamespace begins the names of CometBFT's metrics.
const cometNamespace = "cometbft"

// registering is held while CometBFT registers its metrics.
var registering sync.Mutex

// comet makes CometBFT's metrics in this registry. CometBFT knows no other place
// for them than the process' default one, where a second node in the process, or
// the same one started again, would be refused; so for that moment the default
// is ours.
func (m *meter) comet(chainID string) (*consensus.Metrics, *p2p.Metrics, *mempool.Metrics, *sm.Metrics, *proxy.Metrics, *blocksync.Metrics, *statesync.Metrics) {
	registering.Lock()
	defer registering.Unlock()
	was := prometheus.DefaultRegisterer
	prometheus.DefaultRegisterer = m.registry
	defer func() { prometheus.DefaultRegisterer = was }()
	made := node.DefaultMetricsProvider(&config.InstrumentationConfig{Prometheus: true, Namespace: cometNamespace})
	return made(chainID)
}
