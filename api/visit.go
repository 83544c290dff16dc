package api

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/gen/pb/pbconnect"
	"github.com/troth-ledger/troth/node"
)

// visit is what is known of a request while it is served. Its handlers, which
// run in one goroutine, fill it in.
type visit struct {
	caller caller
	code   pb.Code
	status int
	out    int64
}

type visitKey struct{}

// visitOf is the visit that a context belongs to; an empty one for none.
func visitOf(ctx context.Context) *visit {
	if v, ok := ctx.Value(visitKey{}).(*visit); ok {
		return v
	}
	return &visit{}
}

// traffic counts requests.
type traffic struct {
	requests *prometheus.CounterVec
	took     *prometheus.HistogramVec
	flight   prometheus.Gauge
}

func newTraffic(reg *prometheus.Registry) *traffic {
	t := &traffic{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "troth_api_requests_total",
			Help: "Requests answered, by procedure and by the name of the error's code."}, []string{"procedure", "code"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "troth_api_request_duration_seconds",
			Help: "How long answers took, by procedure; of a stream, how long it lived.", Buckets: prometheus.ExponentialBuckets(.0005, 4, 9)}, []string{"procedure"}),
		flight: prometheus.NewGauge(prometheus.GaugeOpts{Name: "troth_api_requests_in_flight", Help: "Requests that are being answered."}),
	}
	// A server that is made anew on the same node takes the place of the one before.
	for _, c := range []prometheus.Collector{t.requests, t.took, t.flight} {
		reg.Unregister(c)
		reg.MustRegister(c)
	}
	return t
}

// withVisit gives every request its visit; counts and logs it once it is
// answered. Of what was sent it logs the procedure alone: a path, a query, a
// header or a body may have a secret in it.
func (s *Server) withVisit(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		v := &visit{caller: s.limits.caller(r), status: http.StatusOK}
		r = r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
		s.traffic.flight.Inc()
		defer func() {
			s.traffic.flight.Dec()
			s.note(v, s.route(r), time.Since(start), r)
		}()
		next.ServeHTTP(&counted{w, v}, r)
	})
}

func (s *Server) note(v *visit, procedure string, took time.Duration, r *http.Request) {
	code := v.code.String()
	if v.code == pb.Code_OK && v.status >= http.StatusBadRequest {
		code = "HTTP_" + strconv.Itoa(v.status) // Connect's own, such as 499 for a caller who went away
	}
	s.traffic.requests.WithLabelValues(procedure, code).Inc()
	s.traffic.took.WithLabelValues(procedure).Observe(took.Seconds())
	level := slog.LevelDebug
	if s.logAll {
		level = slog.LevelInfo
	}
	if !s.log.Enabled(r.Context(), level) {
		return
	}
	s.log.LogAttrs(r.Context(), level, "request", slog.String("request_id", requestID(r.Context())), slog.String("procedure", procedure),
		slog.String("code", code), slog.Duration("took", took), slog.Int64("bytes_in", max(r.ContentLength, 0)), slog.Int64("bytes_out", v.out),
		slog.String("address", v.caller.addr.String()))
}

// otherRoute is the procedure of a request that is for nothing we have.
const otherRoute = "other"

// route is a request's procedure: one of the schema's, or the pattern of another
// handler. There are so many and no more, whatever callers ask for.
func (s *Server) route(r *http.Request) string {
	if name, ok := strings.CutPrefix(r.URL.Path, "/"+pbconnect.LedgerName+"/"); ok {
		if procedures[name] {
			return name
		}
		return otherRoute
	}
	_, pattern := s.mux.Handler(r)
	if _, path, ok := strings.Cut(pattern, " "); ok {
		pattern = path
	}
	if pattern == "" {
		return otherRoute
	}
	return pattern
}

// procedures are the names of the schema's rpcs.
var procedures = func() map[string]bool {
	out := map[string]bool{}
	methods := pb.File_troth_v1_api_proto.Services().ByName("Ledger").Methods()
	for i := range methods.Len() {
		out[string(methods.Get(i).Name())] = true
	}
	return out
}()

// counted notes what is answered.
type counted struct {
	http.ResponseWriter
	v *visit
}

func (c *counted) WriteHeader(status int) {
	c.v.status = status
	c.ResponseWriter.WriteHeader(status)
}

func (c *counted) Write(b []byte) (int, error) {
	n, err := c.ResponseWriter.Write(b)
	c.v.out += int64(n)
	return n, err
}

// Flush implements http.Flusher, which streams need.
func (c *counted) Flush() {
	if f, ok := c.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
}

// Unwrap is for http.ResponseController.
func (c *counted) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// collectHooks reports on webhooks, by their name in the configuration.
type collectHooks struct{ s *Server }

var (
	descHookWaiting = prometheus.NewDesc("troth_webhook_waiting_events", "Events in a webhook's queue.", []string{"webhook"}, nil)
	descHookDead    = prometheus.NewDesc("troth_webhook_dead_events", "Events that could not be delivered and are kept aside.", []string{"webhook"}, nil)
	descHookSent    = prometheus.NewDesc("troth_webhook_deliveries_total", "Deliveries tried since the start, by result: delivered, failed, or given_up for an event that is tried no more.", []string{"webhook", "result"}, nil)
	descHookHeight  = prometheus.NewDesc("troth_webhook_block_height", "The height up to which a webhook's events are in its queue.", []string{"webhook"}, nil)
)

// Describe implements prometheus.Collector.
func (collectHooks) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descHookWaiting, descHookDead, descHookSent, descHookHeight} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c collectHooks) Collect(ch chan<- prometheus.Metric) {
	for _, h := range c.s.hooks.Status() {
		set := func(d *prometheus.Desc, kind prometheus.ValueType, v float64, labels ...string) {
			ch <- prometheus.MustNewConstMetric(d, kind, v, append([]string{h.Name}, labels...)...)
		}
		set(descHookWaiting, prometheus.GaugeValue, float64(h.Waiting))
		set(descHookDead, prometheus.GaugeValue, float64(h.Dead))
		set(descHookHeight, prometheus.GaugeValue, float64(h.Height))
		set(descHookSent, prometheus.CounterValue, float64(h.Delivered), "delivered")
		set(descHookSent, prometheus.CounterValue, float64(h.Failed), "failed")
		set(descHookSent, prometheus.CounterValue, float64(h.GivenUp), "given_up")
	}
}

// register adds the API's metrics to the node's.
func (s *Server) register(n *node.Node) {
	s.traffic = newTraffic(n.Registry())
	hooks := collectHooks{s}
	n.Registry().Unregister(hooks)
	n.Registry().MustRegister(hooks)
}
