package crash

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/troth-ledger/troth/internal/need"
)

// disk mounts a small disk in memory. Where that isn't permitted there is none.
func disk(t *testing.T, options string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("none", dir, "tmpfs", 0, options); err != nil {
		need.Missing(t, "it needs the right to mount a tmpfs, which root has: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// onDisk starts a node on a chain whose folder is on a disk of its own. The
// log is on another.
func onDisk(t *testing.T) (*home, *process, string) {
	t.Helper()
	// Without a transaction a node has some 70 MiB, most of it logs made in
	// advance, and it doesn't start with less than 32 MiB free.
	dir := disk(t, "size=256m")
	h := newHomeIn(t, filepath.Join(dir, "home"))
	if err := os.Symlink(filepath.Join(t.TempDir(), "log"), filepath.Join(h.dir, "log")); err != nil {
		t.Fatal(err)
	}
	showLog(t, h)
	p, up := h.start(t)
	if !up {
		t.Fatal("the node doesn't start")
	}
	h.mint(t, p)
	return h, p, dir
}

// said checks that the node's log has these words.
func (h *home) said(t *testing.T, words ...string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(h.dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range words {
		if !strings.Contains(string(b), w) {
			t.Errorf("the log doesn't say %q", w)
		}
	}
}

// fillUp makes a file larger until its disk is full.
func fillUp(t *testing.T, path string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	for chunk := make([]byte, 64<<10); err == nil; {
		_, err = f.Write(chunk)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestFullDisk lets the disk run full under load. The node ends by itself and
// says why; it says so too when it is started on the full disk; and once there
// is room it goes on, and has all that it acknowledged.
func TestFullDisk(t *testing.T) {
	h, p, dir := onDisk(t)
	l := &load{}
	end := l.run(t, h, p)
	l.answered(t, several)
	fill := filepath.Join(dir, "filler")
	fillUp(t, fill)
	_ = p.wait(t, "the disk is full")
	end()
	h.said(t, "no space left on device", "start again")
	fillUp(t, fill) // what the node let go of at its end, logs of many megabytes
	if _, up := h.start(t); up {
		t.Fatal("the node starts on a full disk")
	}
	h.said(t, "make room")
	if err := os.Remove(fill); err != nil {
		t.Fatal(err)
	}
	p, up := h.start(t)
	if !up {
		t.Fatal("with room on the disk, the node doesn't start")
	}
	l.check(t, h, p)
	end = l.run(t, h, p)
	l.answered(t, several)
	p.kill(t)
	end()
	h.replay(t)
}

// TestReadOnlyDisk starts a node where nothing can be written.
func TestReadOnlyDisk(t *testing.T) {
	h, p, dir := onDisk(t)
	l := &load{}
	end := l.run(t, h, p)
	l.answered(t, several)
	p.kill(t)
	end()
	if err := syscall.Mount("none", dir, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, "size=256m"); err != nil {
		t.Fatal(err)
	}
	if _, up := h.start(t); up {
		t.Fatal("the node runs on a disk that can't be written")
	}
	h.said(t, "read-only file system")
	if err := syscall.Mount("none", dir, "tmpfs", syscall.MS_REMOUNT, "size=256m"); err != nil {
		t.Fatal(err)
	}
	p, up := h.start(t)
	if !up {
		t.Fatal("the node doesn't start again")
	}
	l.check(t, h, p)
}
