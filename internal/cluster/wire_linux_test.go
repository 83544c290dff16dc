package cluster

import (
	"errors"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// wire is a switch between the nodes' networks: a packet that a node sends comes
// out here, and goes in at the one it is for. The kernel's own netem and bridge
// would do the same, where it was built with them.
type wire struct {
	t     testing.TB
	ports []*port
	wg    sync.WaitGroup
	quit  chan struct{} // closed with the wire

	mu     sync.Mutex
	group  []int // nodes reach those of the same group
	delay  time.Duration
	jitter time.Duration // the delay is this much more or less
	loss   float64       // of all packets, 0 to 1
	passed int
	lost   int
	// crowded are those that found too many under way.
	crowded int
}

// port is a node's end of the wire.
type port struct {
	tun  *os.File
	late chan packet // in order of sending
}

type packet struct {
	due   time.Time
	bytes []byte
}

// waiting is how many packets to a port may be under way; more are lost.
const waiting = 4096

// addressOctet is where the last byte of an IPv4 packet's destination is.
const addressOctet = 19

// openTUN makes the device of a node's network; call it from within.
func openTUN() (*os.File, error) {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	r, err := unix.NewIfreq(device)
	if err == nil {
		r.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		err = unix.IoctlIfreq(fd, unix.TUNSETIFF, r)
	}
	if err == nil {
		err = unix.SetNonblock(fd, true)
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), "/dev/net/tun"), nil
}

func newWire(t testing.TB) *wire { return &wire{t: t, quit: make(chan struct{})} }

func (w *wire) plug(tun *os.File) {
	w.ports = append(w.ports, &port{tun: tun, late: make(chan packet, waiting)})
	w.group = append(w.group, 0)
}

// run carries packets until close.
func (w *wire) run() {
	for i, p := range w.ports {
		w.wg.Go(func() { w.carry(i, p) })
		w.wg.Go(func() { w.deliver(i, p) })
	}
}

// fault reports what went wrong with a port, the first time, and whether there is
// anything more to come: an end of the wire that is silently gone would look like
// a node that is cut off.
func (w *wire) fault(what string, i int, err error, told *bool) (more bool) {
	if errors.Is(err, os.ErrClosed) {
		return false
	}
	if !*told {
		w.t.Errorf("%s node %d's network: %v", what, i+1, err)
		*told = true
	}
	select {
	case <-w.quit:
		return false
	case <-time.After(10 * time.Millisecond):
		return true
	}
}

func (w *wire) carry(from int, p *port) {
	buf := make([]byte, 1<<16)
	told := false
	for {
		n, err := p.tun.Read(buf)
		if err != nil {
			if !w.fault("reading from", from, err, &told) {
				return
			}
			continue
		}
		if n <= addressOctet || buf[0]>>4 != 4 {
			continue // IPv6 looks for neighbours; there are none
		}
		to := int(buf[addressOctet]) - 1
		if to < 0 || to >= len(w.ports) {
			continue
		}
		due, ok := w.judge(from, to)
		if !ok {
			continue
		}
		select {
		case w.ports[to].late <- packet{due, append([]byte(nil), buf[:n]...)}:
		default:
			w.set(func(w *wire) { w.crowded++ })
		}
	}
}

// judge says when a packet arrives, and whether it does.
func (w *wire) judge(from, to int) (due time.Time, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.group[from] != w.group[to] || rand.Float64() < w.loss {
		w.lost++
		return due, false
	}
	w.passed++
	d := w.delay
	if w.jitter > 0 {
		d += time.Duration(rand.Int64N(2*int64(w.jitter))) - w.jitter
	}
	return time.Now().Add(d), true
}

func (w *wire) deliver(to int, p *port) {
	told := false
	for {
		select {
		case <-w.quit:
			return
		case x := <-p.late:
			time.Sleep(time.Until(x.due))
			if _, err := p.tun.Write(x.bytes); err != nil && !w.fault("writing to", to, err, &told) {
				return
			}
		}
	}
}

// set changes how the wire is.
func (w *wire) set(change func(*wire)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(w)
}

// close ends the wire. It waits for what runs: that may not speak of a test that
// is over.
func (w *wire) close() {
	close(w.quit)
	for _, p := range w.ports {
		_ = p.tun.Close()
	}
	done := make(chan struct{})
	go func() {
		w.wg.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(patience):
		w.t.Errorf("the wire still carries packets %s after it was closed", patience)
	}
}
