package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"github.com/troth-ledger/troth/internal/need"
)

// terminal is a program on a terminal of its own.
type terminal struct {
	t      *testing.T
	master *os.File
	cmd    *exec.Cmd
	mu     sync.Mutex
	shown  string
}

// onTerminal runs troth on a terminal with so many columns.
func onTerminal(t *testing.T, columns uint16, args ...string) *terminal {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		need.Missing(t, "it needs a terminal of its own, by /dev/ptmx: %v", err)
	}
	fd := int(master.Fd())
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 10, Col: columns}); err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprint("/dev/pts/", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer slave.Close()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// Under this name the test is the program: see TestMain.
	cmd := &exec.Cmd{Path: self, Args: append([]string{"troth"}, args...), Stdin: slave, Stdout: slave, Stderr: slave,
		Env: append(os.Environ(), "TROTH_PASSPHRASE="), SysProcAttr: &syscall.SysProcAttr{Setsid: true, Setctty: true}}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	x := &terminal{t: t, master: master, cmd: cmd}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = master.Close() })
	go func() {
		b := make([]byte, 4096)
		for {
			n, err := master.Read(b)
			x.mu.Lock()
			x.shown += string(b[:n])
			x.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return x
}

func (x *terminal) text() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.shown
}

// expect waits until the terminal shows it.
func (x *terminal) expect(want string) {
	x.t.Helper()
	for range 3000 {
		if strings.Contains(x.text(), want) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	x.t.Fatalf("the terminal doesn't show %q but\n%q", want, x.text())
}

func (x *terminal) send(keys string) {
	x.t.Helper()
	if _, err := x.master.WriteString(keys); err != nil {
		x.t.Fatal(err)
	}
}

// ends waits for the program's end, and checks its status and that the
// terminal shows again what is typed.
func (x *terminal) ends(status int) {
	x.t.Helper()
	slow := time.AfterFunc(30*time.Second, func() { _ = x.cmd.Process.Kill() })
	defer slow.Stop()
	_ = x.cmd.Wait()
	if got := x.cmd.ProcessState.ExitCode(); got != status {
		x.t.Errorf("it ended with %d, not %d; the terminal shows\n%s", got, status, x.text())
	}
	if mode, err := unix.IoctlGetTermios(int(x.master.Fd()), unix.TCGETS); err != nil || mode.Lflag&unix.ECHO == 0 || mode.Cc[unix.VSUSP] == noCharacter {
		x.t.Errorf("the terminal is left as it was for the passphrase: %v, %v", mode, err)
	}
}

const ctrlC = "\x03"

// TestPassphrase types passphrases on a terminal.
func TestPassphrase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.key")
	x := onTerminal(t, 80, "key", "new", path)
	x.expect("Passphrase for the new key: ")
	x.send(ctrlC)
	x.expect("interrupted")
	x.ends(1)

	x = onTerminal(t, 80, "key", "new", path)
	x.expect("Passphrase for the new key: ")
	x.send("wordy one\n")
	x.expect("Again: ")
	x.send("wordy two\n")
	x.expect("the two passphrases differ")
	x.ends(1)
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("a key was written: %v", err)
	}

	x = onTerminal(t, 40, "key", "new", path)
	x.expect("Passphrase for the new key: ")
	x.send("wordy one\n")
	x.expect("Again: ")
	x.send("wordy one\n")
	x.expect("encrypted   yes")
	x.ends(0)

	x = onTerminal(t, 80, "key", "show", path)
	x.expect("Passphrase of " + path + ": ")
	x.send("wordy two\n")
	x.expect("wrong passphrase")
	x.ends(1)
	if strings.Contains(x.text(), "wordy") {
		t.Errorf("the passphrase is shown:\n%s", x.text())
	}
}

// TestProgress: what shows that something goes on stays in one line, is wiped
// away, and Ctrl-C ends it.
func TestProgress(t *testing.T) {
	gone := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-gone:
		}
	}))
	defer s.Close()
	defer close(gone)
	x := onTerminal(t, 24, "status", "--node", s.URL)
	x.expect(" s ")
	x.send(ctrlC)
	x.expect("interrupted")
	x.ends(1)
	const wipe = "\r\x1b[K"
	_, bar, _ := strings.Cut(x.text(), wipe)
	bar, after, _ := strings.Cut(bar[:strings.LastIndex(bar, wipe)+len(wipe)], "\n")
	if after != "" || !strings.HasSuffix(bar, wipe) {
		t.Errorf("the progress isn't in one line and wiped away: %q", x.text())
	}
	for line := range strings.SplitSeq(bar, wipe) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "^C")); n >= 24 {
			t.Errorf("%q has %d columns", line, n)
		}
	}
}

func TestBusyLine(t *testing.T) {
	for _, c := range []struct {
		width int
		want  string
	}{
		{80, "- waiting for http://127.0.0.1:8700, 12 s "},
		{30, "- waiting for http://…, 12 s "},
		{5, "- …, 12 s "},
	} {
		if got := busyLine(2, "waiting for http://127.0.0.1:8700", 12*time.Second, c.width); got != c.want {
			t.Errorf("%d columns: %q, want %q", c.width, got, c.want)
		}
	}
}
