package node

import (
	"context"
	"os"

	"taskflow/node/internal/registry"
	"taskflow/node/internal/supervise"
)

// programEnv is the environment of every Kubernetes program. It is not the container's: the image may have been
// built with the host's proxy settings, and none of these talks to the outside.
var programEnv = []string{
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	"HOME=/root",
}

func kubernetes(program string, flags ...string) []string {
	return append([]string{Kubernetes, program}, flags...)
}

// units lists everything that the node does, in the order in which it comes up.
func units(api *apiClient, made credentials, reaper *supervise.Reaper) []supervise.Unit {
	return []supervise.Unit{
		{
			Name:     "etcd",
			Args:     etcdArgs(),
			Env:      programEnv,
			Ready:    httpOK(etcd + "/readyz"),
			StopLast: true,
		},
		{
			Name: "containerd",
			Args: []string{"/usr/bin/containerd", "--config", config("containerd.toml")},
			// It pulls images, so it does get the host's proxies and authorities.
			Env:      append(os.Environ(), "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
			Ready:    dial("unix", containerdSock),
			StopLast: true,
		},
		{Name: "registry-garbage", Ready: collectRegistryGarbage(reaper)},
		{
			Name:     "registry",
			After:    []string{"registry-garbage"},
			Args:     kubernetes("registry", "serve", config("registry.yaml")),
			Env:      append(programEnv, "OTEL_TRACES_EXPORTER=none"),
			Ready:    httpOK(registryServer + "/v2/"),
			StopLast: true,
		},
		{
			Name:  "kube-apiserver",
			Args:  apiServerArgs(made),
			Env:   programEnv,
			Ready: api.readyz,
		},
		{Name: "pause-image", After: []string{"containerd"}, Ready: importPause(reaper)},
		{
			Name:  "kube-controller-manager",
			After: []string{"kube-apiserver"},
			Args:  controllerManagerArgs(made),
			Env:   programEnv,
		},
		{
			Name:  "kube-scheduler",
			After: []string{"kube-apiserver"},
			Args: kubernetes("kube-scheduler",
				"--kubeconfig="+kubeconfig("scheduler"),
				"--bind-address=127.0.0.1",
				"--leader-elect=false", // there is one of it
				"--profiling=false",
			),
			Env: programEnv,
		},
		{
			Name:  "kubelet",
			After: []string{"kube-apiserver", "containerd"},
			Args: kubernetes("kubelet",
				"--config="+config("kubelet.yaml"),
				"--kubeconfig="+kubeconfig("kubelet"),
				"--root-dir="+data("kubelet"),
				"--hostname-override="+Name,
				"--node-ip="+Address,
			),
			Env: programEnv,
		},
		{
			Name:  "kube-proxy",
			After: []string{"kube-apiserver"},
			Args: kubernetes("kube-proxy",
				"--kubeconfig="+kubeconfig("proxy"),
				"--hostname-override="+Name,
				"--proxy-mode=iptables",
				"--cluster-cidr="+podRange,
				// The size of the connection table is the host kernel's business.
				"--conntrack-max-per-core=0",
			),
			Env: programEnv,
		},
		{Name: "add-ons", After: []string{"kube-apiserver"}, Ready: applyAddOns(api, made)},
		{
			Name:  "coredns",
			After: []string{"add-ons"}, // its role
			Args:  kubernetes("coredns", "-conf", config("Corefile")),
			Env:   programEnv,
			Ready: httpOK(coreDNSReady),
		},
		{
			Name:  "metrics-server",
			After: []string{"add-ons", "kubelet"},
			Args: kubernetes("metrics-server",
				"--kubeconfig="+kubeconfig("metrics-server"),
				"--kubelet-certificate-authority="+pkiFile("ca.crt"),
				"--tls-cert-file="+pkiFile("metrics-server.crt"),
				"--tls-private-key-file="+pkiFile("metrics-server.key"),
				"--bind-address="+Address,
			),
			Env: programEnv,
		},
		{Name: "node", After: []string{"kubelet", "pause-image"}, Ready: api.nodeReady},
	}
}

func etcdArgs() []string {
	return kubernetes("etcd",
		"--name="+Name,
		"--data-dir="+data("etcd"),
		"--listen-client-urls="+etcd,
		"--advertise-client-urls="+etcd,
		"--listen-peer-urls=http://127.0.0.1:2380",
		"--initial-advertise-peer-urls=http://127.0.0.1:2380",
		"--initial-cluster="+Name+"=http://127.0.0.1:2380",
		// Fewer changes kept in memory before they go to a snapshot. Writes stay synchronous: a laptop's power
		// button must not cost the cluster.
		"--snapshot-count=2000",
		"--log-level=warn",
	)
}

func apiServerArgs(made credentials) []string {
	return kubernetes("kube-apiserver",
		"--etcd-servers="+etcd,
		"--advertise-address="+Address,
		"--service-cluster-ip-range="+serviceRange,
		"--tls-cert-file="+pkiFile("apiserver.crt"),
		"--tls-private-key-file="+pkiFile("apiserver.key"),
		"--client-ca-file="+pkiFile("ca.crt"),
		"--service-account-key-file="+made.serviceAccountKey,
		"--service-account-signing-key-file="+made.serviceAccountKey,
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--authorization-mode=Node,RBAC",
		"--enable-admission-plugins=NodeRestriction",
		// exec, logs and port-forward: by address, as the node's name is in no DNS.
		"--kubelet-client-certificate="+pkiFile("apiserver-kubelet.crt"),
		"--kubelet-client-key="+pkiFile("apiserver-kubelet.key"),
		"--kubelet-certificate-authority="+pkiFile("ca.crt"),
		"--kubelet-preferred-address-types=InternalIP",
		// The metrics API: the API server passes requests on in the user's name, straight to the endpoint (it is
		// no pod, so it may not find Services).
		"--requestheader-client-ca-file="+pkiFile("ca.crt"),
		"--requestheader-allowed-names="+frontProxyName,
		"--requestheader-username-headers=X-Remote-User",
		"--requestheader-group-headers=X-Remote-Group",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--proxy-client-cert-file="+pkiFile("front-proxy.crt"),
		"--proxy-client-key-file="+pkiFile("front-proxy.key"),
		"--enable-aggregator-routing=true",
		"--allow-privileged=true",
		"--profiling=false",
		// In megabytes; one older file is kept.
		"--audit-policy-file="+config("audit.yaml"),
		"--audit-log-path="+data("audit.log"),
		"--audit-log-maxsize=10",
		"--audit-log-maxbackup=1",
	)
}

func controllerManagerArgs(made credentials) []string {
	return kubernetes("kube-controller-manager",
		"--kubeconfig="+kubeconfig("controller-manager"),
		"--bind-address=127.0.0.1",
		"--root-ca-file="+pkiFile("ca.crt"),
		"--service-account-private-key-file="+made.serviceAccountKey,
		"--use-service-account-credentials=true",
		"--leader-elect=false", // there is one of it
		"--profiling=false",
	)
}

// importPause brings the pause image into containerd, unless an earlier boot did.
func importPause(reaper *supervise.Reaper) func(context.Context) error {
	ctr := func(args ...string) (string, error) {
		return runOnce(reaper, append([]string{"/usr/bin/ctr", "--namespace", "k8s.io", "images"}, args...))
	}
	return func(context.Context) error {
		found, err := ctr("ls", "--quiet", "name=="+pauseImage)
		if err != nil || found != "" {
			return err
		}
		_, err = ctr("import", pauseArchive)
		return err
	}
}

// collectRegistryGarbage frees the disk of images that were removed since the last boot.
func collectRegistryGarbage(reaper *supervise.Reaper) func(context.Context) error {
	return func(context.Context) error {
		if _, err := os.Stat(registry.GarbageMark); err != nil {
			return nil // nothing was removed
		}
		_, err := runOnce(reaper, kubernetes("registry", "garbage-collect", "--delete-untagged", config("registry.yaml")))
		if err != nil {
			return err
		}
		return os.Remove(registry.GarbageMark)
	}
}
