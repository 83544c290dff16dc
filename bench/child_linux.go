package main

import (
	"os/exec"
	"runtime"
	"syscall"
)

// spawn starts commands from one thread that lives as long as this process: the
// kernel ends a child when the thread that started it ends.
var spawn = func() chan<- func() {
	c := make(chan func())
	go func() {
		runtime.LockOSThread()
		for f := range c {
			f()
		}
	}()
	return c
}()

// startChild starts a command that ends with this process at the latest, also
// where this one panics or is killed.
func startChild(c *exec.Cmd) error {
	if c.SysProcAttr == nil {
		c.SysProcAttr = &syscall.SysProcAttr{}
	}
	c.SysProcAttr.Pdeathsig = syscall.SIGKILL
	done := make(chan error)
	spawn <- func() { done <- c.Start() }
	return <-done
}
