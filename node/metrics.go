package node

import (
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/promise"
)

// Names follow the conventions of Prometheus (base units, _total for what only
// grows). No label has a party, a promise or an address in it: the number of
// series is bounded by the schema and the configuration.

// seconds are the buckets of how long something took: 0.5 ms to 10 s.
var seconds = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

// meter counts what a node does. Counters that a transaction touches are found
// when the node starts, and added to once a block. A nil meter counts nothing.
type meter struct {
	registry *prometheus.Registry
	pulse    pulse

	results    map[uint32]prometheus.Counter // by code
	operations map[uint32]prometheus.Counter // by code
	settled    map[[2]int32]prometheus.Counter
	refused    map[pb.Code]prometheus.Counter // by the door, before any block
	verified   map[bool]prometheus.Counter    // by verdict
	limited    map[string]prometheus.Counter  // by which limit

	propose, execute, commit, final prometheus.Histogram
	blockTxs, blockBytes            prometheus.Histogram
	deadlines                       prometheus.Counter
}

func newMeter() *meter {
	m := &meter{registry: prometheus.NewRegistry()}
	m.pulse.started = time.Now()
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewBuildInfoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.countTransactions()
	m.countSettlements()
	m.propose = m.histogram("troth_block_propose_wait_seconds", "How long this node waited for transactions before it proposed a block.", seconds)
	m.execute = m.histogram("troth_block_execute_seconds", "How long the execution of a block took.", seconds)
	m.commit = m.histogram("troth_block_commit_seconds", "How long the commit of a block to the ledger's store took.", seconds)
	m.final = m.histogram("troth_submit_to_final_seconds", "From a transaction's submission at this node until it was final.", seconds)
	m.blockTxs = m.histogram("troth_block_transactions", "Transactions in a block.", prometheus.ExponentialBuckets(1, 4, 9))
	m.blockBytes = m.histogram("troth_block_size_bytes", "Size of the transactions in a block.", prometheus.ExponentialBuckets(1<<10, 4, 8))
	m.deadlines = prometheus.NewCounter(prometheus.CounterOpts{Name: "troth_deadline_changes_total",
		Help: "Rows that the ledger changed by itself at the beginning of blocks, because something was due."})
	m.registry.MustRegister(m.deadlines)
	return m
}

func (m *meter) histogram(name, help string, buckets []float64) prometheus.Histogram {
	h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets})
	m.registry.MustRegister(h)
	return h
}

func (m *meter) counter(name, help string, labels ...string) *prometheus.CounterVec {
	v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	m.registry.MustRegister(v)
	return v
}

// countTransactions makes the counters of transactions, one for each result.
func (m *meter) countTransactions() {
	results := m.counter("troth_transactions_total", "Transactions in blocks, by the name of their result's code.", "result")
	refused := m.counter("troth_door_refusals_total", "Submitted transactions that this node refused before any block, by the name of the code.", "code")
	m.results, m.refused = map[uint32]prometheus.Counter{}, map[pb.Code]prometheus.Counter{}
	for n, name := range pb.Code_name {
		m.results[uint32(n)] = results.WithLabelValues(name)
		if pb.Code(n) != pb.Code_OK {
			m.refused[pb.Code(n)] = refused.WithLabelValues(name)
		}
	}
	operations := m.counter("troth_operations_total", "Operations done, by name.", "op")
	m.operations = map[uint32]prometheus.Counter{}
	for _, row := range op.Rows() {
		m.operations[row.Code] = operations.WithLabelValues(row.Name)
	}
	verified := m.counter("troth_signatures_verified_total", "Signatures that this node verified, by verdict: good or bad.", "verdict")
	m.verified = map[bool]prometheus.Counter{true: verified.WithLabelValues("good"), false: verified.WithLabelValues("bad")}
	limited := m.counter("troth_rate_limited_total", "What this node's own limits refused: requests by limit address_requests, transactions by the others.", "limit")
	m.limited = map[string]prometheus.Counter{}
	for _, limit := range []string{LimitRequests, LimitTransactions, LimitParty, LimitStrangers} {
		m.limited[limit] = limited.WithLabelValues(limit)
	}
}

// countSettlements makes the counters of settlements, one for each outcome and
// cause.
func (m *meter) countSettlements() {
	v := m.counter("troth_settlements_total", "Settlements, by how the promise or its period ended and by what made the ledger look.", "outcome", "cause")
	m.settled = map[[2]int32]prometheus.Counter{}
	for o, outcome := range pb.Outcome_name {
		for c, cause := range pb.Settlement_Cause_name {
			if o != 0 && c != 0 {
				m.settled[[2]int32{o, c}] = v.WithLabelValues(strings.ToLower(outcome), strings.ToLower(cause))
			}
		}
	}
}

// Limited counts what a limit refused; it is for the API, which has limits of
// its own.
func (n *Node) Limited(limit string, count int) { n.app.meter.limit(limit, count) }

func (m *meter) limit(limit string, count int) {
	if m != nil {
		m.limited[limit].Add(float64(count))
	}
}

func (m *meter) signatures(good, bad int) {
	if m == nil {
		return
	}
	m.verified[true].Add(float64(good))
	if bad > 0 {
		m.verified[false].Add(float64(bad))
	}
}

func (m *meter) refuse(code pb.Code) {
	if m == nil {
		return
	}
	if c := m.refused[code]; c != nil {
		c.Inc()
	}
}

// What observe is told about.
func proposal(m *meter) prometheus.Histogram   { return m.propose }
func execution(m *meter) prometheus.Histogram  { return m.execute }
func commitment(m *meter) prometheus.Histogram { return m.commit }
func finality(m *meter) prometheus.Histogram   { return m.final }

// observe notes how long something took since a time.
func (m *meter) observe(which func(*meter) prometheus.Histogram, since time.Time) {
	if m != nil {
		which(m).Observe(time.Since(since).Seconds())
	}
}

// block counts a committed block.
func (m *meter) block(d *decided) {
	if m == nil {
		return
	}
	x := d.done
	var results, operations tally
	bytes := 0
	for i, t := range d.txs {
		bytes += len(t.raw)
		code := x.Results[i].Code
		results.add(code)
		if code == 0 {
			for _, o := range t.tx.Body.Ops {
				operations.add(o.Code)
			}
		}
	}
	results.into(m.results)
	operations.into(m.operations)
	m.blockTxs.Observe(float64(len(d.txs)))
	m.blockBytes.Observe(float64(bytes))
	m.deadlines.Add(float64(x.Begin))
	for _, c := range x.Changes {
		if before, after, ok := promise.Settlements.Of(c); ok && before == nil && after != nil {
			if n := m.settled[[2]int32{int32(after.Outcome), int32(after.Cause)}]; n != nil {
				n.Inc()
			}
		}
	}
	m.pulse.beat(len(d.txs))
}

// tally counts small numbers, as codes are, without a counter's cost for each.
type tally [1024]uint32

func (t *tally) add(code uint32) {
	if int(code) < len(t) {
		t[code]++
	}
}

func (t *tally) into(counters map[uint32]prometheus.Counter) {
	for code, n := range t {
		if c := counters[uint32(code)]; n > 0 && c != nil {
			c.Add(float64(n))
		}
	}
}

// Registry is where the node's metrics are, for whoever serves or adds some.
func (n *Node) Registry() *prometheus.Registry { return n.app.meter.registry }
