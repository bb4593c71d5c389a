// Package supervise keeps a set of programs running: it starts each when those it needs are ready, starts it
// again when it ends, and stops all in a given order.
package supervise

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"
)

const (
	firstDelay = 250 * time.Millisecond
	maxDelay   = 10 * time.Second
	// A program that ran this long had started well: its next failure is a new one.
	settled       = 30 * time.Second
	probeInterval = 25 * time.Millisecond
	probeTimeout  = 10 * time.Second
	maxLine       = 64 * 1024
)

// Unit is one program to keep running, or one task to bring to success once.
type Unit struct {
	Name string
	// After names the units that must be ready before the first start.
	After []string
	// Args and Env are the program's; Args[0] is a path. Without Args the unit is a task.
	Args, Env []string
	// Ready is asked again and again after each start, until it returns nil. Without it a program is ready at
	// once. For a task it is the work itself.
	Ready func(context.Context) error
	// StopLast keeps the program running until all others have ended.
	StopLast bool
}

// Group supervises units.
type Group struct {
	reaper *Reaper
	status *Status
	units  []Unit
	output io.Writer

	outputMu sync.Mutex
	mu       sync.Mutex
	running  map[string]*process
	stopped  map[string]bool
	ready    map[string]chan struct{}
}

type process struct {
	pid   int
	ended chan struct{}
}

// NewGroup makes a group whose programs write to output, each line with the program's name in front.
func NewGroup(reaper *Reaper, status *Status, output io.Writer, units []Unit) (*Group, error) {
	g := &Group{
		reaper: reaper, status: status, units: units, output: output,
		running: map[string]*process{}, stopped: map[string]bool{}, ready: map[string]chan struct{}{},
	}
	for _, unit := range units {
		g.ready[unit.Name] = make(chan struct{})
		status.set(unit.Name, Waiting, 0, nil)
	}
	for _, unit := range units {
		for _, name := range unit.After {
			if g.ready[name] == nil {
				return nil, fmt.Errorf("%s is to start after %s, which is not there", unit.Name, name)
			}
		}
	}
	return g, nil
}

// Run keeps all units running until the context ends. Programs that run then go on running: see Stop.
func (g *Group) Run(ctx context.Context) {
	var all sync.WaitGroup
	for _, unit := range g.units {
		all.Add(1)
		go func() {
			defer all.Done()
			g.keep(ctx, unit)
		}()
	}
	all.Wait()
}

// Stop ends the named programs, or, without names, all those that are left, StopLast ones after the others.
// A program that has not ended within the grace is killed.
func (g *Group) Stop(grace time.Duration, names ...string) {
	if len(names) > 0 {
		g.stop(grace, names)
		return
	}
	var first, last []string
	for _, unit := range g.units {
		if unit.StopLast {
			last = append(last, unit.Name)
		} else {
			first = append(first, unit.Name)
		}
	}
	g.stop(grace, first)
	g.stop(grace, last)
}

func (g *Group) stop(grace time.Duration, names []string) {
	g.mu.Lock()
	var ending []*process
	for _, name := range names {
		g.stopped[name] = true
		if p := g.running[name]; p != nil {
			ending = append(ending, p)
			_ = syscall.Kill(p.pid, syscall.SIGTERM)
		}
	}
	g.mu.Unlock()
	deadline := time.After(grace)
	for _, p := range ending {
		select {
		case <-p.ended:
		case <-deadline:
			_ = syscall.Kill(p.pid, syscall.SIGKILL)
			<-p.ended
			// The time is up for all the others as well.
			deadline = time.After(0)
		}
	}
}

// keep is a unit's life: wait for what it needs, then start it over and over.
func (g *Group) keep(ctx context.Context, unit Unit) {
	for _, name := range unit.After {
		select {
		case <-g.ready[name]:
		case <-ctx.Done():
			return
		}
	}
	for failures := 0; ctx.Err() == nil; failures++ {
		started := time.Now()
		g.status.set(unit.Name, Starting, failures, nil)
		if len(unit.Args) == 0 {
			g.probe(ctx, unit, failures)
			return
		}
		err := g.once(ctx, unit, failures)
		if ctx.Err() != nil {
			return
		}
		if time.Since(started) > settled {
			failures = 0
		}
		g.status.set(unit.Name, Failed, failures+1, err)
		g.print(unit.Name, fmt.Sprintf("%v; starting it again in %v", err, delay(failures)))
		select {
		case <-time.After(delay(failures)):
		case <-ctx.Done():
		}
	}
}

// delay is the pause before the start that follows so many failures in a row.
func delay(failures int) time.Duration {
	return min(maxDelay, firstDelay<<min(failures, 10))
}

// once runs a program until it ends, and says how that was.
func (g *Group) once(ctx context.Context, unit Unit, failures int) error {
	output, input, err := os.Pipe()
	if err != nil {
		return err
	}
	g.mu.Lock()
	if g.stopped[unit.Name] {
		g.mu.Unlock()
		return errors.Join(errors.New("stopped"), output.Close(), input.Close())
	}
	pid, status, err := g.reaper.Start(unit.Args, unit.Env, input, input)
	input.Close()
	if err != nil {
		g.mu.Unlock()
		return errors.Join(err, output.Close())
	}
	p := &process{pid: pid, ended: make(chan struct{})}
	g.running[unit.Name] = p
	g.mu.Unlock()

	go g.copyLines(unit.Name, output)
	probing, cancel := context.WithCancel(ctx)
	go g.probe(probing, unit, failures)
	ended := <-status
	cancel()
	g.mu.Lock()
	delete(g.running, unit.Name)
	g.mu.Unlock()
	close(p.ended)
	if ended.Signaled() {
		return fmt.Errorf("ended by signal %v", ended.Signal())
	}
	return fmt.Errorf("ended with exit code %d", ended.ExitStatus())
}

// probe asks a unit until it is ready, then says so to those that wait.
func (g *Group) probe(ctx context.Context, unit Unit, failures int) {
	for unit.Ready != nil {
		attempt, cancel := context.WithTimeout(ctx, probeTimeout)
		err := unit.Ready(attempt)
		cancel()
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			break
		}
		g.status.set(unit.Name, Starting, failures, err)
		select {
		case <-time.After(probeInterval):
		case <-ctx.Done():
			return
		}
	}
	g.status.set(unit.Name, Ready, failures, nil)
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-g.ready[unit.Name]: // it was ready once before
	default:
		close(g.ready[unit.Name])
	}
}

// copyLines copies a program's output; what children of the program still write after its end is copied too.
func (g *Group) copyLines(name string, from *os.File) {
	defer from.Close()
	reader := bufio.NewReaderSize(from, maxLine)
	for {
		line, _, err := reader.ReadLine()
		if err != nil {
			return
		}
		g.print(name, string(line))
	}
}

func (g *Group) print(name, line string) {
	g.outputMu.Lock()
	defer g.outputMu.Unlock()
	fmt.Fprintf(g.output, "%s: %s\n", name, line)
}
