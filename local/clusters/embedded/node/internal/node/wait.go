package node

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"taskflow/node/internal/supervise"
)

const (
	statusInterval = 40 * time.Millisecond
	// A program that ended so often in a row (some eight seconds) will not come up by itself.
	hopeless = 5
)

// Wait returns when every unit of the node is ready, and prints each that becomes so. After the timeout, or when a
// program keeps ending, it returns an error that says what is missing and why.
func Wait(to io.Writer, timeout time.Duration) error {
	shown := map[string]bool{}
	for deadline := time.Now().Add(timeout); ; time.Sleep(statusInterval) {
		units, err := supervise.ReadStatus(StatusFile)
		missing := unready(units)
		if failing := hopelessUnit(units); failing != nil {
			return fmt.Errorf("%s keeps ending: %s", failing.Name, failing.Error)
		}
		for _, unit := range units {
			if unit.State == supervise.Ready && !shown[unit.Name] {
				shown[unit.Name] = true
				fmt.Fprintf(to, "%s ready after %.1f s\n", unit.Name, unit.Since)
			}
		}
		if err == nil && len(missing) == 0 && len(units) > 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return errors.Join(err, fmt.Errorf("not ready after %v: %s", timeout, strings.Join(missing, "; ")))
		}
	}
}

// hopelessUnit is one that keeps ending; nil where there is none.
func hopelessUnit(units []supervise.UnitStatus) *supervise.UnitStatus {
	for _, unit := range units {
		if unit.State == supervise.Failed && unit.Failures >= hopeless {
			return &unit
		}
	}
	return nil
}

// unready describes the units that are not ready.
func unready(units []supervise.UnitStatus) []string {
	var missing []string
	for _, unit := range units {
		if unit.State == supervise.Ready {
			continue
		}
		text := fmt.Sprintf("%s is %s", unit.Name, unit.State)
		if unit.Error != "" {
			text += " (" + unit.Error + ")"
		}
		missing = append(missing, text)
	}
	return missing
}
