package supervise

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

var reaper *Reaper

// The tests' process takes orphans in, as PID 1 does.
func TestMain(m *testing.M) {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		panic(err)
	}
	reaper = NewReaper()
	os.Exit(m.Run())
}

type syncBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

func shell(script string) []string { return []string{"/bin/sh", "-c", script} }

// eventually waits for something that another process does.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

func runGroup(t *testing.T, units ...Unit) (*Group, *syncBuffer, string, context.CancelFunc) {
	t.Helper()
	status := filepath.Join(t.TempDir(), "status.json")
	output := &syncBuffer{}
	group, err := NewGroup(reaper, NewStatus(status), output, units)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { group.Run(ctx); close(done) }()
	t.Cleanup(func() { cancel(); group.Stop(time.Second); <-done })
	return group, output, status, cancel
}

func state(t *testing.T, file, name string) State {
	t.Helper()
	units, err := ReadStatus(file)
	if err != nil {
		return ""
	}
	for _, unit := range units {
		if unit.Name == name {
			return unit.State
		}
	}
	return ""
}

func TestProgramStartsWhenWhatItNeedsIsReady(t *testing.T) {
	open := make(chan struct{})
	_, output, status, _ := runGroup(t,
		Unit{Name: "second", After: []string{"first"}, Args: shell("echo here; exec sleep 60")},
		Unit{Name: "first", Ready: func(context.Context) error {
			select {
			case <-open:
				return nil
			default:
				return errors.New("not yet")
			}
		}},
	)
	eventually(t, "first is tried", func() bool { return state(t, status, "first") == Starting })
	if got := state(t, status, "second"); got != Waiting {
		t.Errorf("second is %s", got)
	}
	close(open)
	eventually(t, "second runs", func() bool { return strings.Contains(output.String(), "second: here\n") })
	eventually(t, "second is ready", func() bool { return state(t, status, "second") == Ready })
}

func TestProgramThatEndsIsStartedAgain(t *testing.T) {
	_, output, status, _ := runGroup(t, Unit{Name: "one", Args: shell("echo run; exit 3")})
	eventually(t, "it ran twice", func() bool { return strings.Count(output.String(), "one: run\n") >= 2 })
	if !strings.Contains(output.String(), "ended with exit code 3; starting it again in 250ms") {
		t.Error(output.String())
	}
	eventually(t, "the failures are counted", func() bool {
		units, err := ReadStatus(status)
		return err == nil && units[0].Failures >= 2
	})
}

func TestDelayIsBounded(t *testing.T) {
	if delay(0) != firstDelay || delay(1) != 2*firstDelay || delay(1000) != maxDelay {
		t.Error(delay(0), delay(1), delay(1000))
	}
}

func TestStopEndsLastOnesLast(t *testing.T) {
	trap := func(name string) []string {
		return shell("trap 'echo bye; exit' TERM; echo up; while :; do sleep 0.01; done")
	}
	group, output, _, cancel := runGroup(t,
		Unit{Name: "etcd", Args: trap("etcd"), StopLast: true}, Unit{Name: "app", Args: trap("app")})
	eventually(t, "both are up", func() bool { return strings.Count(output.String(), ": up\n") == 2 })
	cancel()
	group.Stop(5 * time.Second)
	eventually(t, "both said goodbye", func() bool { return strings.Count(output.String(), ": bye\n") == 2 })
	if text := output.String(); strings.Index(text, "app: bye") > strings.Index(text, "etcd: bye") {
		t.Error(text)
	}
}

func TestStopKillsWhatDoesNotListen(t *testing.T) {
	group, output, _, cancel := runGroup(t,
		Unit{Name: "deaf", Args: shell("trap '' TERM; echo up; while :; do sleep 0.01; done")})
	eventually(t, "it is up", func() bool { return strings.Contains(output.String(), "deaf: up\n") })
	cancel()
	started := time.Now()
	group.Stop(50 * time.Millisecond)
	if took := time.Since(started); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestProgramThatIsNotThereIsReported(t *testing.T) {
	_, _, status, _ := runGroup(t, Unit{Name: "none", Args: []string{"/nowhere/program"}})
	eventually(t, "it failed", func() bool { return state(t, status, "none") == Failed })
	units, _ := ReadStatus(status)
	if !strings.Contains(units[0].Error, "/nowhere/program") {
		t.Errorf("error is %q", units[0].Error)
	}
}

func TestUnknownNeedIsAnError(t *testing.T) {
	_, err := NewGroup(reaper, NewStatus(filepath.Join(t.TempDir(), "s")), os.Stdout, []Unit{{Name: "a", After: []string{"b"}}})
	if err == nil {
		t.Error("no error")
	}
}

func TestOrphansAreReaped(t *testing.T) {
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	// The shell ends at once and leaves a child behind, which then ends as ours.
	_, ended, err := reaper.Start(shell("sleep 0.05 & echo $!"), nil, writer, writer)
	writer.Close()
	if err != nil {
		t.Fatal(err)
	}
	if status := <-ended; status.ExitStatus() != 0 {
		t.Fatal(status)
	}
	text := make([]byte, 32)
	n, err := reader.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text[:n])))
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the orphan is gone, not a zombie", func() bool {
		return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
	})
}
