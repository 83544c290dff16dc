package api_test

import (
	"encoding/json"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/troth-ledger/troth/api"
	"github.com/troth-ledger/troth/internal/testnode"
	"github.com/troth-ledger/troth/node"
)

// operatorOf serves a node's operator handlers and returns their address.
func operatorOf(t *testing.T, n *testnode.Node) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- n.Server.ServeOperator(l) }()
	t.Cleanup(func() {
		n.Stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return "http://" + l.Addr().String()
}

func fetch(t *testing.T, url string) (int, string) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

func parse(t *testing.T, text string) map[string]*dto.MetricFamily {
	t.Helper()
	p := expfmt.NewTextParser(model.LegacyValidation)
	all, err := p.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// total adds up the series of a family that have a label's value.
func total(f *dto.MetricFamily, value string) (sum float64) {
	for _, m := range f.GetMetric() {
		for _, l := range m.Label {
			if l.GetValue() == value {
				sum += m.GetCounter().GetValue()
			}
		}
	}
	return sum
}

// metricsDoc is where every metric of ours is described.
const metricsDoc = "../docs/operating/metrics.md"

var metricName = regexp.MustCompile(`\b(?:troth|cometbft|go|process)_[a-z0-9_]+`)

// TestMetrics scrapes a real node: what it says is right, named by the
// conventions, described, and everything that the dashboard asks for.
func TestMetrics(t *testing.T) {
	n := testnode.Start(t)
	operator := operatorOf(t, n)
	_, first := fetch(t, operator+"/metrics")
	before := parse(t, first)
	for range 3 {
		pay(t, n, 1)
	}
	say(t, n, "parcel:1", "a")
	status, text := fetch(t, operator+"/metrics")
	if status != http.StatusOK {
		t.Fatal(status, text)
	}
	all := parse(t, text)
	for _, c := range []struct {
		name, label string
		want        float64
	}{
		{"troth_transactions_total", "OK", 4},
		{"troth_operations_total", "Transfer", 3},
		{"troth_operations_total", "SubmitFact", 1},
		{"troth_signatures_verified_total", "good", 4},
		{"troth_signatures_verified_total", "bad", 0},
		{"troth_api_requests_total", "Submit", 4},
	} {
		if got := total(all[c.name], c.label) - total(before[c.name], c.label); got != c.want {
			t.Errorf("%s{%s}: %v more, want %v", c.name, c.label, got, c.want)
		}
	}
	if got := all["troth_submit_to_final_seconds"].Metric[0].GetHistogram().GetSampleCount(); got < 4 {
		t.Errorf("%d transactions became final", got)
	}
	if got := all["troth_ready"].Metric[0].GetGauge().GetValue(); got != 1 {
		t.Errorf("troth_ready is %v", got)
	}
	lint(t, text)
	doc, err := os.ReadFile(metricsDoc)
	if err != nil {
		t.Fatal(err)
	}
	described := map[string]bool{}
	for _, name := range metricName.FindAllString(string(doc), -1) {
		described[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if strings.HasPrefix(name, "troth_") && !described[name] {
			t.Errorf("%s is not in %s", name, metricsDoc)
		}
		delete(described, name)
	}
	for name := range described {
		if strings.HasPrefix(name, "troth_") && !strings.HasPrefix(name, "troth_webhook_") { // there are none of a webhook without one
			t.Errorf("%s describes %s, which is not there", metricsDoc, name)
		}
	}
	if strings.Contains(text, n.Ada.Party) {
		t.Error("a party's id is in the metrics")
	}
	if n := len(text); n > 400<<10 {
		t.Errorf("%d bytes of metrics", n)
	}
	dashboard(t, all)
}

// lint checks our names by the conventions of Prometheus.
func lint(t *testing.T, text string) {
	t.Helper()
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, "troth_") {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
}

// dashboard checks that the panels ask for what there is.
func dashboard(t *testing.T, all map[string]*dto.MetricFamily) {
	t.Helper()
	b, err := os.ReadFile("../deploy/grafana/troth.json")
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Panels []struct {
			Title   string
			Type    string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(b, &d); err != nil {
		t.Fatal(err)
	}
	queries := 0
	for _, p := range d.Panels {
		if p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("the panel %q asks for nothing", p.Title)
		}
		for _, q := range p.Targets {
			queries++
			names := metricName.FindAllString(q.Expr, -1)
			if len(names) == 0 {
				t.Errorf("the panel %q asks for no metric: %s", p.Title, q.Expr)
			}
			for _, name := range names {
				base := name
				for _, suffix := range []string{"_bucket", "_sum", "_count"} {
					if cut, ok := strings.CutSuffix(name, suffix); ok && all[cut] != nil {
						base = cut
					}
				}
				if all[base] == nil && !strings.HasPrefix(base, "troth_webhook_") {
					t.Errorf("the panel %q asks for %s, which is not there", p.Title, name)
				}
			}
		}
	}
	if queries < 20 {
		t.Errorf("the dashboard has %d queries", queries)
	}
}

// TestProbes: health and readiness, and profiles only where they are asked for.
func TestProbes(t *testing.T) {
	n := testnode.Start(t)
	operator := operatorOf(t, n)
	for _, base := range []string{operator, n.URL} {
		if status, text := fetch(t, base+"/healthz"); status != http.StatusOK || !strings.HasPrefix(text, "ok height") {
			t.Errorf("%d %s", status, text)
		}
		var h node.Health
		status, text := fetch(t, base+"/readyz")
		if err := json.Unmarshal([]byte(text), &h); err != nil || status != http.StatusOK || !h.Ready || h.Height == 0 {
			t.Errorf("%d %s", status, text)
		}
	}
	for _, path := range []string{"/debug/pprof/", "/debug/pprof/heap", "/troth.v1.Ledger/GetStatus"} {
		if status, _ := fetch(t, operator+path); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
	if status, _ := fetch(t, n.URL+"/metrics"); status != http.StatusNotFound {
		t.Errorf("the API serves metrics: %d", status)
	}
	n.Restart(func(c *node.Config) { c.Operator.Pprof = true })
	operator = operatorOf(t, n)
	if status, text := fetch(t, operator+"/debug/pprof/goroutine?debug=1"); status != http.StatusOK || !strings.Contains(text, "goroutine profile") {
		t.Errorf("%d", status)
	}
	if _, err := api.ListenOperator(&node.Config{}); err != nil {
		t.Errorf("nowhere to listen: %v", err)
	}
}
