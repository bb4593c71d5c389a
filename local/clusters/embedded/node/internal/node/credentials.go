package node

import (
	"encoding/base64"
	"fmt"

	"taskflow/node/internal/pki"
)

// identities are the certificates of the node's programs by file name. The groups and names are those that
// Kubernetes' built-in roles are bound to.
var identities = map[string]pki.Identity{
	"apiserver": {
		CommonName: "kube-apiserver",
		Hosts: []string{
			"127.0.0.1", "::1", "localhost", Address, kubernetesService,
			"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local",
		},
	},
	// The API server towards the kubelet, and towards aggregated API servers.
	"apiserver-kubelet": {CommonName: "kube-apiserver-kubelet-client", Groups: []string{"system:masters"}},
	"front-proxy":       {CommonName: frontProxyName},
	"kubelet": {
		CommonName: "system:node:" + Name, Groups: []string{"system:nodes"},
		Hosts: []string{Name, Address, "127.0.0.1"},
	},
	"controller-manager": {CommonName: "system:kube-controller-manager"},
	"scheduler":          {CommonName: "system:kube-scheduler"},
	"proxy":              {CommonName: "system:kube-proxy"},
	// These two have no built-in role: the add-ons bind theirs.
	"coredns": {CommonName: "taskflow:coredns"},
	"metrics-server": {
		CommonName: "taskflow:metrics-server",
		Hosts:      []string{"metrics-server.kube-system.svc", Address},
	},
	"admin": {CommonName: "taskflow-admin", Groups: []string{"system:masters"}},
}

const frontProxyName = "front-proxy-client"

// credentials are what the supervisor itself needs of them.
type credentials struct {
	authority         *pki.Authority
	admin             pki.Pair
	serviceAccountKey string
}

// writeCredentials issues all certificates and writes them, with a kubeconfig beside each.
func writeCredentials() (credentials, error) {
	authority, err := pki.LoadOrCreate(data("pki"))
	if err != nil {
		return credentials{}, err
	}
	made := credentials{authority: authority}
	if made.serviceAccountKey, err = pki.ServiceAccountKey(data("pki")); err != nil {
		return credentials{}, err
	}
	if err := pki.WriteFile(pkiFile("ca.crt"), authority.PEM, 0o644); err != nil {
		return credentials{}, err
	}
	for name, identity := range identities {
		pair, err := authority.Issue(identity)
		if err != nil {
			return credentials{}, fmt.Errorf("certificate %s: %w", name, err)
		}
		if name == "admin" {
			made.admin = pair
		}
		for file, content := range map[string][]byte{
			name + ".crt":        pair.Certificate,
			name + ".key":        pair.Key,
			name + ".kubeconfig": renderKubeconfig(name, authority.PEM, pair),
		} {
			if err := pki.WriteFile(pkiFile(file), content, 0o600); err != nil {
				return credentials{}, err
			}
		}
	}
	return made, nil
}

func renderKubeconfig(user string, authority []byte, pair pki.Pair) []byte {
	encode := base64.StdEncoding.EncodeToString
	return fmt.Appendf(nil, `apiVersion: v1
kind: Config
clusters:
  - name: taskflow
    cluster:
      server: %s
      certificate-authority-data: %s
users:
  - name: %s
    user:
      client-certificate-data: %s
      client-key-data: %s
contexts:
  - name: taskflow
    context: {cluster: taskflow, user: %[3]s}
current-context: taskflow
`, apiServer, encode(authority), user, encode(pair.Certificate), encode(pair.Key))
}
