package supervise

import (
	"encoding/json"
	"os"
	"sync"
	"time"
)

// State is where a unit is in its life.
type State string

// The states of a unit.
const (
	Waiting  State = "waiting"
	Starting State = "starting"
	Ready    State = "ready"
	Failed   State = "failed"
)

// UnitStatus is what is known of one unit.
type UnitStatus struct {
	Name  string `json:"name"`
	State State  `json:"state"`
	// Since the supervisor's start, in seconds.
	Since float64 `json:"since"`
	// Error says why it is not ready yet or how it ended last; empty when ready.
	Error string `json:"error,omitempty"`
	// Failures counts how often in a row the program ended soon after its start.
	Failures int `json:"failures,omitempty"`
}

// Status is the state of all units, kept in a file for other processes to read.
type Status struct {
	path    string
	started time.Time

	mu    sync.Mutex
	units []UnitStatus
}

// NewStatus makes the status that is kept in the file at path.
func NewStatus(path string) *Status {
	return &Status{path: path, started: time.Now()}
}

// ReadStatus reads a status file.
func ReadStatus(path string) ([]UnitStatus, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var units []UnitStatus
	return units, json.Unmarshal(data, &units)
}

// set notes a unit's state; a state that was noted already keeps its time.
func (s *Status) set(name string, state State, failures int, cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := UnitStatus{Name: name, State: state, Since: time.Since(s.started).Seconds(), Failures: failures}
	if cause != nil {
		now.Error = cause.Error()
	}
	known := false
	for i, unit := range s.units {
		if unit.Name != name {
			continue
		}
		known = true
		if unit.State == state {
			now.Since = unit.Since
		}
		if unit == now {
			return
		}
		s.units[i] = now
	}
	if !known {
		s.units = append(s.units, now)
	}
	s.write()
}

// write replaces the file; a reader never meets half of it. The file is on a tmpfs and tells nothing that a next
// boot needs, so that a failure to write it is not worth ending a node for.
func (s *Status) write() {
	data, err := json.Marshal(s.units)
	if err != nil {
		return
	}
	if os.WriteFile(s.path+".new", data, 0o644) == nil {
		_ = os.Rename(s.path+".new", s.path)
	}
}
