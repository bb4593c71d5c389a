// Package node is the one node of the embedded cluster: where its files are, which programs it consists of and
// how it comes up and goes down.
package node

import "path/filepath"

// Name is the node's name in Kubernetes.
const Name = "taskflow"

// Address is the node's address in the cluster. It lies on the loopback interface of the container, so that it
// stays when Docker gives the container another one: certificates, the node object and the endpoints of the API
// server, the DNS server and the metrics server never change. Endpoints may not be 127.0.0.1, hence an address
// of its own. The files in rootfs/ repeat it.
const Address = "10.245.0.1"

const (
	serviceRange = "10.96.0.0/16"
	// The API server takes the first address of the range for the Service `kubernetes`.
	kubernetesService = "10.96.0.1"
	podRange          = "10.244.0.0/24"

	apiServer      = "https://127.0.0.1:6443"
	etcd           = "http://127.0.0.1:2379"
	registryServer = "http://127.0.0.1:5000"
	coreDNSReady   = "http://127.0.0.1:8181/ready"
	containerdSock = "/run/containerd/containerd.sock"
)

const (
	// Kubernetes is the binary of all Kubernetes programs.
	Kubernetes = "/usr/local/bin/kubernetes"
	configDir  = "/etc/taskflow"
	// PauseArchive and pauseImage: the image of every pod's first process. containerd.toml repeats its name.
	pauseArchive = "/usr/local/share/taskflow/pause.tar"
	pauseImage   = "taskflow.local/pause:1"

	// What outlives the container: the volume.
	dataDir = "/var/lib/taskflow"
	// What must not outlive a boot: a tmpfs. Old sockets, leases and certificates would only lie.
	runDir = "/run/taskflow"
	// StatusFile holds the state of every unit as JSON.
	StatusFile = runDir + "/status.json"
)

func config(name string) string { return filepath.Join(configDir, name) }
func data(name string) string   { return filepath.Join(dataDir, name) }
func pkiFile(name string) string {
	return filepath.Join(runDir, "pki", name)
}

// kubeconfig is the path of an identity's kubeconfig.
func kubeconfig(name string) string { return pkiFile(name + ".kubeconfig") }

// AdminKubeconfig is the cluster administrator's kubeconfig, for kubectl in the node and, with another server
// address, for the host.
const AdminKubeconfig = runDir + "/pki/admin.kubeconfig"
