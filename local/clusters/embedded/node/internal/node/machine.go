package node

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"taskflow/node/internal/cgroup"
)

// prepareMachine turns the container into a machine that can run containers of its own.
func prepareMachine() error {
	// Pods' volumes are mounted by the kubelet and must be seen by containerd and the other way round.
	if err := unix.Mount("", "/", "", unix.MS_SHARED|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("share mounts: %w", err)
	}
	if err := writableCgroups(); err != nil {
		return err
	}
	if err := readyCgroups(); err != nil {
		return err
	}
	if err := writableNetworkSettings(); err != nil {
		return err
	}
	if err := contentKubelet(); err != nil {
		return err
	}
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0); err != nil {
		return err
	}
	if err := addLoopbackAddress(Address); err != nil {
		return err
	}
	return keepPodTrafficInside(podRange)
}

// readyCgroups makes a place for the pods' cgroups beside the node's own.
func readyCgroups() error {
	if tree := cgroup.Directory(cgroup.Root); cgroup.Unified(tree) {
		return cgroup.Delegate(tree)
	}
	// On v1 only the weight of processors matters; the other controllers leave processes where they are.
	return cgroup.Gather(cgroup.Directory(filepath.Join(cgroup.Root, "cpu")))
}

// writableCgroups mounts the container's cgroups read-write. Docker shows an unprivileged container its cgroups
// read-only: on v2 one mount, on v1 one for each controller.
func writableCgroups() error {
	mounts := []string{cgroup.Root}
	entries, err := os.ReadDir(cgroup.Root)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		// v1's doubled controllers, such as cpu,cpuacct, also appear as symbolic links: their target is here.
		if entry.IsDir() {
			mounts = append(mounts, filepath.Join(cgroup.Root, entry.Name()))
		}
	}
	for _, path := range mounts {
		if unix.Access(path, unix.W_OK) == nil {
			continue
		}
		// The mount's own flag first, then the file system's, which another mount of it may have set.
		bind := unix.Mount("", path, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "")
		whole := unix.Mount("", path, "", unix.MS_REMOUNT|unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "")
		if err := unix.Access(path, unix.W_OK); err != nil {
			return fmt.Errorf("make %s writable: %w", path, errors.Join(err, bind, whole))
		}
	}
	return nil
}

// writableNetworkSettings makes /proc/sys/net writable and leaves the rest of /proc/sys read-only: the network
// settings are this container's own, the others are the host's, and the kubelet would change some.
func writableNetworkSettings() error {
	const network = "/proc/sys/net"
	if unix.Access(network, unix.W_OK) == nil {
		return nil
	}
	const flags = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC | unix.MS_BIND
	if err := unix.Mount(network, network, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("bind %s: %w", network, err)
	}
	if err := unix.Mount("", network, "", unix.MS_REMOUNT|flags, ""); err != nil {
		return fmt.Errorf("make %s writable: %w", network, err)
	}
	return nil
}

// kernelSettings are what the kubelet wants of /proc/sys, and would write there if it were not so.
var kernelSettings = map[string]string{
	"vm/overcommit_memory":      "1",
	"vm/panic_on_oom":           "0",
	"kernel/panic":              "10",
	"kernel/panic_on_oops":      "1",
	"kernel/keys/root_maxkeys":  "1000000",
	"kernel/keys/root_maxbytes": "25000000",
}

// contentKubelet shows the kubelet the kernel settings that it wants, in files of our own laid over the real ones:
// the kernel is the host's, and a developer's machine shall not reboot on an oops because a cluster runs on it.
// The kernel's message log is the host's too; the kubelet gets an empty one.
func contentKubelet() error {
	for name, value := range kernelSettings {
		shown := filepath.Join(runDir, "kernel-settings", name)
		if err := os.MkdirAll(filepath.Dir(shown), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(shown, []byte(value+"\n"), 0o644); err != nil {
			return err
		}
		if err := unix.Mount(shown, filepath.Join("/proc/sys", name), "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("cover /proc/sys/%s: %w", name, err)
		}
	}
	if err := os.Symlink(os.DevNull, "/dev/kmsg"); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return nil
}

// addLoopbackAddress gives the loopback interface a second address.
func addLoopbackAddress(address string) error {
	loopback, err := netlink.LinkByName("lo")
	if err != nil {
		return err
	}
	wanted, err := netlink.ParseAddr(address + "/32")
	if err != nil {
		return err
	}
	if err := netlink.AddrReplace(loopback, wanted); err != nil {
		return fmt.Errorf("address %s on the loopback interface: %w", address, err)
	}
	return nil
}

// keepPodTrafficInside refuses packets to pods that are gone. Each pod has a route of its own; without this one a
// packet to a pod that has just ended would leave through the default gateway, and a stranger might answer it.
func keepPodTrafficInside(pods string) error {
	_, network, err := net.ParseCIDR(pods)
	if err != nil {
		return err
	}
	if err := netlink.RouteReplace(&netlink.Route{Dst: network, Type: unix.RTN_UNREACHABLE}); err != nil {
		return fmt.Errorf("refuse packets to pods that are gone: %w", err)
	}
	return nil
}
