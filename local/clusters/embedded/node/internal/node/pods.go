package node

import (
	"bufio"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"taskflow/node/internal/cgroup"
)

// podCgroups are the places under which the kubelet keeps the pods' processes: cgroup v2's, and one of v1's
// controllers.
var podCgroups = []string{cgroup.Root + "/kubepods", cgroup.Root + "/pids/kubepods"}

const podPollInterval = 50 * time.Millisecond

// stopPods tells the first process of every container to end and kills what is left after the grace. The kubelet
// must have ended before, or it would start them again.
func stopPods(grace time.Duration) {
	for _, pid := range podProcesses() {
		// Like a container engine, address the first process of each container; it knows how to end its own
		// children.
		if firstInContainer(fmt.Sprintf("/proc/%d/status", pid)) {
			_ = syscall.Kill(pid, syscall.SIGTERM)
		}
	}
	for deadline := time.Now().Add(grace); time.Now().Before(deadline); time.Sleep(podPollInterval) {
		if len(podProcesses()) == 0 {
			return
		}
	}
	for _, pid := range podProcesses() {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// podProcesses lists the processes of all pods.
func podProcesses() []int {
	var pids []int
	for _, root := range podCgroups {
		_ = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.Name() != "cgroup.procs" {
				return nil //nolint:nilerr // a cgroup that is gone has no processes
			}
			content, err := os.ReadFile(path)
			if err != nil {
				return nil //nolint:nilerr // likewise
			}
			for _, field := range strings.Fields(string(content)) {
				if pid, err := strconv.Atoi(field); err == nil && pid > 0 {
					pids = append(pids, pid)
				}
			}
			return nil
		})
	}
	return pids
}

// firstInContainer says whether a process is number 1 in a PID namespace below ours.
func firstInContainer(statusFile string) bool {
	file, err := os.Open(statusFile)
	if err != nil {
		return false
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if list, found := strings.CutPrefix(lines.Text(), "NSpid:"); found {
			pids := strings.Fields(list)
			return len(pids) > 1 && pids[len(pids)-1] == "1"
		}
	}
	return false
}
