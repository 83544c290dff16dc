package main

import "golang.org/x/sys/unix"

const (
	ioctlGet, ioctlSet = unix.TCGETS, unix.TCSETS
	noCharacter        = 0 // switches a control character off
)
