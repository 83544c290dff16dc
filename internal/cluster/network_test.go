//go:build linux

package cluster

import (
	"context"
	"net"
	"net/http"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"
)

// network is where the nodes of a chain are.
type network struct {
	ns *namespaces // nil on the loopback
	// Where a node serves its API, where others reach it, and the API's URL for
	// this process.
	api, p2p, url []string
}

// openNetwork makes a network for n nodes.
func openNetwork(t testing.TB, n int) *network {
	t.Helper()
	ns, why := openNamespaces(t, n)
	w := &network{ns: ns}
	for i := range n {
		if ns == nil {
			api := freePort(t, 100) // the operator's port is that far away
			w.add(api, freePort(t, 0), "http://"+api)
			continue
		}
		host := ns.names[i] + ".test:8700"
		hosts.Store(host, func(ctx context.Context) (net.Conn, error) { return ns.dial(ctx, i, "127.0.0.1:8700") })
		w.add("127.0.0.1:8700", address(i)+":26656", "http://"+host)
	}
	if ns == nil {
		t.Logf("nodes are processes on the loopback: %s", why)
	} else {
		t.Logf("nodes are in the network namespaces %s and so on", ns.names[0])
	}
	return w
}

func (n *network) add(api, p2p, url string) {
	n.api, n.p2p, n.url = append(n.api, api), append(n.p2p, p2p), append(n.url, url)
}

func (n *network) command(i int, bin string, args ...string) *exec.Cmd {
	if n.ns == nil {
		return exec.Command(bin, args...)
	}
	return n.ns.command(i, bin, args...)
}

// hosts are the APIs within networks, by host and port: how to connect to each.
var hosts sync.Map

// reachNamespaces lets this process' HTTP clients reach them.
func reachNamespaces() {
	transport := http.DefaultTransport.(*http.Transport)
	outside := transport.DialContext
	transport.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if dial, ok := hosts.Load(addr); ok {
			return dial.(func(context.Context) (net.Conn, error))(ctx)
		}
		return outside(ctx, network, addr)
	}
}

// ports keeps this process from giving one out twice.
var ports sync.Map

// freePort finds an address of the loopback where nobody listens, nor on the
// port that is so many above.
func freePort(t testing.TB, above int) string {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		addr, p := l.Addr().String(), l.Addr().(*net.TCPAddr).Port
		_ = l.Close()
		o, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(p+above)))
		if err != nil {
			continue
		}
		_ = o.Close()
		_, a := ports.LoadOrStore(p, true)
		_, b := ports.LoadOrStore(p+above, true)
		if !a && (above == 0 || !b) {
			return addr
		}
	}
	t.Fatal("there is no free port")
	return ""
}
