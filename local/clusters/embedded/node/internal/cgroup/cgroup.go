// Package cgroup readies the container's cgroup tree for a kubelet inside it.
//
// The node's own processes move to a child of the tree's root, beside the pods' child. On a busy machine each process
// in the root would weigh as much as half of all pods together, so that a rollout's bookkeeping would starve the pods
// that serve; a child weighs half as much as the pods, however many processes it has. On cgroup v2 a cgroup with
// processes of its own may not hand controllers down at all: the kernel's "no internal processes" rule.
package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

const (
	// Root is where every container engine mounts the tree.
	Root = "/sys/fs/cgroup"
	// own is the child that takes the node's own processes: PID 1 and all components.
	own = "init"
	// ownWeight is, on v2, what 1024 shares are on v1, a child's default there: the kubelet converts the pods' shares so.
	ownWeight = "39"
	// A process can start another while it is being moved; the children are found in the next round.
	maxRounds = 10
)

// The kubelet cannot account for pods without these.
var required = []string{"cpu", "memory", "pids"}

// Tree is a cgroup v2 hierarchy: small files that are read and written whole.
type Tree interface {
	Read(name string) (string, error)
	Write(name, value string) error
	Mkdir(name string) error
}

// Directory is the tree under a mount point.
type Directory string

// Read returns the content of a file.
func (d Directory) Read(name string) (string, error) {
	data, err := os.ReadFile(filepath.Join(string(d), name))
	return string(data), err
}

// Write writes a value with one system call, which is what the kernel takes as one request.
func (d Directory) Write(name, value string) error {
	return os.WriteFile(filepath.Join(string(d), name), []byte(value), 0)
}

// Mkdir makes a child; one that is there is fine.
func (d Directory) Mkdir(name string) error {
	if err := os.Mkdir(filepath.Join(string(d), name), 0o755); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// Unified says whether the tree is cgroup v2's: there the root lists the controllers it has.
func Unified(tree Tree) bool {
	_, err := tree.Read("cgroup.controllers")
	return err == nil
}

// Gather moves every process of the root into the child "init".
func Gather(tree Tree) error {
	if err := tree.Mkdir(own); err != nil {
		return err
	}
	return evacuate(tree)
}

// Delegate gathers the processes and then hands all controllers down.
func Delegate(tree Tree) error {
	if err := Gather(tree); err != nil {
		return err
	}
	controllers, err := tree.Read("cgroup.controllers")
	if err != nil {
		return err
	}
	available := strings.Fields(controllers)
	for _, name := range required {
		if !slices.Contains(available, name) {
			return fmt.Errorf("cgroup v2: this container was not given the controller %q, only: %s", name, controllers)
		}
	}
	for _, name := range available {
		err := tree.Write("cgroup.subtree_control", "+"+name)
		if err != nil && slices.Contains(required, name) {
			return fmt.Errorf("cgroup v2: enable %s: %w", name, err)
		}
	}
	return tree.Write(own+"/cpu.weight", ownWeight)
}

func evacuate(tree Tree) error {
	for range maxRounds {
		processes, err := tree.Read("cgroup.procs")
		if err != nil {
			return err
		}
		moved := 0
		for _, pid := range strings.Fields(processes) {
			// 0 stands for a process outside this PID namespace: none of ours.
			if pid == "0" {
				continue
			}
			err := tree.Write(own+"/cgroup.procs", pid)
			if err != nil && !errors.Is(err, syscall.ESRCH) { // ESRCH: it ended meanwhile
				return fmt.Errorf("cgroup: move process %s: %w", pid, err)
			}
			moved++
		}
		if moved == 0 {
			return nil
		}
	}
	return errors.New("cgroup: new processes keep appearing in the root")
}
