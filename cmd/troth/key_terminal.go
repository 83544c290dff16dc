//go:build linux || darwin

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// isTerminal says whether a file is a terminal.
func isTerminal(f *os.File) bool {
	_, err := unix.IoctlGetTermios(int(f.Fd()), ioctlGet)
	return err == nil
}

// columns is how many columns a terminal has, 80 where it doesn't say.
func columns(f *os.File) int {
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil || size.Col == 0 {
		return 80
	}
	return int(size.Col)
}

// errInterrupted ends a prompt at which Ctrl-C was pressed.
var errInterrupted = errors.New("interrupted; nothing was done")

// askHidden asks on the terminal for something that it doesn't show. However
// it ends, the terminal shows again what is typed.
func askHidden(prompt string) (string, error) {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return "", errNoTerminal
	}
	fd := int(tty.Fd())
	before, err := unix.IoctlGetTermios(fd, ioctlGet)
	if err != nil {
		return "", errors.Join(errNoTerminal, tty.Close())
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	defer signal.Stop(stop)
	quiet := *before
	quiet.Lflag &^= unix.ECHO
	quiet.Cc[unix.VSUSP] = noCharacter // who came back from Ctrl-Z would type in the open
	if err := unix.IoctlSetTermios(fd, ioctlSet, &quiet); err != nil {
		return "", errors.Join(err, tty.Close())
	}
	restore := func() { _ = unix.IoctlSetTermios(fd, ioctlSet, before) }
	fmt.Fprint(tty, prompt)
	type answer struct {
		line string
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		line, err := bufio.NewReader(tty).ReadString('\n')
		got <- answer{line, err}
	}()
	select {
	case a := <-got:
		restore()
		fmt.Fprintln(tty)
		_ = tty.Close()
		if a.err != nil && !errors.Is(a.err, io.EOF) {
			return "", a.err
		}
		return strings.TrimRight(a.line, "\r\n"), nil
	case <-stop:
		// The reader stays where it is, and the terminal open for it: the
		// program ends.
		restore()
		fmt.Fprintln(tty)
		return "", errInterrupted
	}
}
