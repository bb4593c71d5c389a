package cgroup

import (
	"errors"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// fakeTree behaves as the kernel does: a process that is written to a child leaves the root, and controllers can be
// handed down only when no process is left there.
type fakeTree struct {
	controllers string
	// rounds are the processes found in the root by each reading that follows a move.
	rounds  [][]string
	ended   []string
	childOf map[string]string
	enabled []string
	made    []string
	weight  string
}

func (f *fakeTree) Read(name string) (string, error) {
	switch name {
	case "cgroup.controllers":
		if f.controllers == "" {
			return "", os.ErrNotExist
		}
		return f.controllers, nil
	case "cgroup.procs":
		if len(f.rounds) == 0 {
			return "0\n", nil
		}
		return strings.Join(f.rounds[0], "\n") + "\n", nil
	}
	return "", os.ErrNotExist
}

func (f *fakeTree) Write(name, value string) error {
	if child, found := strings.CutSuffix(name, "/cgroup.procs"); found {
		if !slices.Contains(f.made, child) {
			return os.ErrNotExist
		}
		f.rounds[0] = slices.DeleteFunc(f.rounds[0], func(pid string) bool { return pid == value })
		if len(f.rounds[0]) == 0 {
			f.rounds = f.rounds[1:]
		}
		if slices.Contains(f.ended, value) {
			return syscall.ESRCH
		}
		f.childOf[value] = child
		return nil
	}
	if name == "init/cpu.weight" {
		if !slices.Contains(f.enabled, "+cpu") {
			return os.ErrNotExist
		}
		f.weight = value
		return nil
	}
	if name != "cgroup.subtree_control" {
		return os.ErrNotExist
	}
	if len(f.rounds) > 0 {
		return syscall.EBUSY
	}
	if value == "+rdma" {
		return errors.New("not for you")
	}
	f.enabled = append(f.enabled, value)
	return nil
}

func (f *fakeTree) Mkdir(name string) error {
	f.made = append(f.made, name)
	return nil
}

func TestDelegateMovesEveryProcessFirst(t *testing.T) {
	tree := &fakeTree{
		controllers: "cpuset cpu io memory pids rdma\n",
		// 7 ends while it is moved; 9 was started by 1 meanwhile.
		rounds:  [][]string{{"1", "7"}, {"9"}},
		ended:   []string{"7"},
		childOf: map[string]string{},
	}
	if err := Delegate(tree); err != nil {
		t.Fatal(err)
	}
	if tree.childOf["1"] != "init" || tree.childOf["9"] != "init" {
		t.Errorf("processes are in %v", tree.childOf)
	}
	if want := []string{"+cpuset", "+cpu", "+io", "+memory", "+pids"}; !slices.Equal(tree.enabled, want) {
		t.Errorf("handed down %v, want %v", tree.enabled, want)
	}
	// 79 is what the kubelet gives the pods of two CPUs.
	if tree.weight != "39" {
		t.Errorf("the node's own processes weigh %q", tree.weight)
	}
}

func TestGatherMovesEveryProcessAndHandsNothingDown(t *testing.T) {
	tree := &fakeTree{rounds: [][]string{{"1", "7"}}, childOf: map[string]string{}}
	if err := Gather(tree); err != nil {
		t.Fatal(err)
	}
	if tree.childOf["1"] != "init" || tree.childOf["7"] != "init" {
		t.Errorf("processes are in %v", tree.childOf)
	}
	if tree.enabled != nil || tree.weight != "" {
		t.Errorf("handed down %v, weight %q", tree.enabled, tree.weight)
	}
}

func TestDelegateNamesTheControllerThatIsMissing(t *testing.T) {
	err := Delegate(&fakeTree{controllers: "cpu pids\n", childOf: map[string]string{}})
	if err == nil || !strings.Contains(err.Error(), `"memory"`) {
		t.Errorf("got %v", err)
	}
}

func TestDelegateGivesUpOnAForkBomb(t *testing.T) {
	tree := &fakeTree{controllers: "cpu memory pids", childOf: map[string]string{}}
	for range 2 * maxRounds {
		tree.rounds = append(tree.rounds, []string{"5"})
	}
	if err := Delegate(tree); err == nil {
		t.Error("no error")
	}
}

func TestUnifiedIsKnownByItsControllersFile(t *testing.T) {
	dir := t.TempDir()
	if Unified(Directory(dir)) {
		t.Error("an empty directory is v1")
	}
	if err := os.WriteFile(dir+"/cgroup.controllers", []byte("cpu\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if !Unified(Directory(dir)) {
		t.Error("with cgroup.controllers it is v2")
	}
}
