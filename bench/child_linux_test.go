package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// orphanCommand is the argument with which the test's program starts a child,
// says its process id and panics.
const orphanCommand = "orphan"

func init() {
	if len(os.Args) < 2 || os.Args[1] != orphanCommand {
		return
	}
	c := exec.Command("sleep", "60")
	if err := startChild(c); err != nil {
		panic(err)
	}
	fmt.Println(c.Process.Pid)
	panic("on purpose")
}

// TestPanicLeavesNothing: what was started ends with the program that started it.
func TestPanicLeavesNothing(t *testing.T) {
	c := exec.Command(os.Args[0], orphanCommand)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if c.Wait() == nil {
		t.Error("the program did not panic")
	}
	var pid int
	if _, err := fmt.Sscan(line, &pid); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if running(pid) {
			time.Sleep(50 * time.Millisecond)
			continue
		}
		return
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
	t.Errorf("process %d still runs", pid)
}

// running says whether a process is there and more than an exit status that
// nobody has asked for.
func running(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	var state string
	_, err = fmt.Sscanf(string(b), "%d (sleep) %1s", new(int), &state)
	return err != nil || state != "Z"
}
