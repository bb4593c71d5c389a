package node

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"taskflow/node/internal/pki"
	"taskflow/node/internal/supervise"
)

const rootfs = "../../rootfs/etc/taskflow"

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(rootfs, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func testCredentials(t *testing.T) credentials {
	t.Helper()
	authority, err := pki.LoadOrCreate(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	admin, err := authority.Issue(pki.Identity{CommonName: "admin"})
	if err != nil {
		t.Fatal(err)
	}
	return credentials{authority: authority, admin: admin, serviceAccountKey: "/sa.key"}
}

func allUnits(t *testing.T) []supervise.Unit {
	t.Helper()
	made := testCredentials(t)
	api, err := newAPIClient(made, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return units(api, made, nil)
}

// The static files under rootfs/ repeat what the code says.
func TestFilesAgreeWithTheCode(t *testing.T) {
	for file, wanted := range map[string][]string{
		"Corefile":     {"bind " + Address + "\n", kubeconfig("coredns"), strings.TrimSuffix(strings.TrimPrefix(coreDNSReady, "http://"), "/ready")},
		"kubelet.yaml": {containerdSock, pkiFile("kubelet.crt"), pkiFile("kubelet.key"), pkiFile("ca.crt")},
		"containerd.toml": {
			`"` + containerdSock + `"`, `"` + pauseImage + `"`, `"` + data("containerd") + `"`,
			`"` + config("cni") + `"`, `"` + config("registry-hosts") + `"`,
		},
		"cni/10-taskflow.conflist":           {`"` + podRange + `"`},
		"registry-hosts/_default/hosts.toml": {`"` + registryServer + `"`},
		"registry.yaml":                      {data("registry")},
		"add-ons/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices/kube-dns.yaml":       {`"` + Address + `"`},
		"add-ons/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices/metrics-server.yaml": {`"` + Address + `"`},
	} {
		content := read(t, file)
		for _, text := range wanted {
			if !strings.Contains(content, text) {
				t.Errorf("%s does not contain %s", file, text)
			}
		}
	}
}

func TestServiceAddressesAreInTheServiceRange(t *testing.T) {
	_, services, err := net.ParseCIDR(serviceRange)
	if err != nil {
		t.Fatal(err)
	}
	if !services.Contains(net.ParseIP(kubernetesService)) || !services.Contains(net.ParseIP("10.96.0.10")) {
		t.Error("outside", services)
	}
	if !strings.Contains(read(t, "kubelet.yaml"), "clusterDNS: [10.96.0.10]") ||
		!strings.Contains(read(t, "add-ons/api/v1/namespaces/kube-system/services/kube-dns.yaml"), "clusterIP: 10.96.0.10") {
		t.Error("the kubelet and the Service name different DNS servers")
	}
}

// Every kubeconfig, certificate and key that a program is started with is one that the node issues.
func TestEveryCredentialThatIsUsedIsIssued(t *testing.T) {
	for _, unit := range allUnits(t) {
		for _, arg := range unit.Args {
			_, path, found := strings.Cut(arg, "="+pkiFile(""))
			if !found {
				continue
			}
			name := strings.TrimSuffix(strings.TrimPrefix(path, "/"), filepath.Ext(path))
			if _, issued := identities[name]; !issued && name != "ca" {
				t.Errorf("%s: %s is not issued", unit.Name, arg)
			}
		}
	}
}

func TestUnitsNeedOnlyUnitsThatAreThere(t *testing.T) {
	status := supervise.NewStatus(filepath.Join(t.TempDir(), "status.json"))
	if _, err := supervise.NewGroup(nil, status, os.Stdout, allUnits(t)); err != nil {
		t.Error(err)
	}
}

func nodeClient(t *testing.T, body string, booted time.Time) *apiClient {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, body)
	}))
	t.Cleanup(server.Close)
	return &apiClient{http: server.Client(), server: server.URL, booted: booted}
}

func TestNodeIsReadyOnlyByAReportOfThisBoot(t *testing.T) {
	booted := time.Date(2026, 1, 1, 12, 0, 0, 900e6, time.UTC)
	body := func(status, heartbeat string) string {
		return `{"status": {"conditions": [{"type": "Ready", "status": "` + status + `", "message": "no network yet",
			"lastHeartbeatTime": "` + heartbeat + `"}]}}`
	}
	for _, c := range []struct{ body, want string }{
		{body("True", "2026-01-01T12:00:00Z"), ""},
		{body("True", "2026-01-01T11:59:59Z"), "has not reported since"},
		{body("False", "2026-01-01T12:00:05Z"), "no network yet"},
		{`{"status": {}}`, "not reported yet"},
	} {
		err := nodeClient(t, c.body, booted).nodeReady(context.Background())
		if (err == nil) != (c.want == "") || (err != nil && !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", c.body, err)
		}
	}
}

func TestFailedRequestCarriesTheAnswer(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "etcd failed", http.StatusInternalServerError)
	}))
	defer server.Close()
	err := httpOK(server.URL)(context.Background())
	if err == nil || !strings.Contains(err.Error(), "500 Internal Server Error: etcd failed") {
		t.Error(err)
	}
}

func TestFirstInContainer(t *testing.T) {
	file := filepath.Join(t.TempDir(), "status")
	for list, want := range map[string]bool{"812\t1": true, "812\t7": false, "1": false, "812": false} {
		content := "Name:\tx\nNSpid:\t" + list + "\nThreads:\t1\n"
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if got := firstInContainer(file); got != want {
			t.Errorf("%q: %v", list, got)
		}
	}
}

func TestWaitSaysWhatIsMissingAndWhy(t *testing.T) {
	got := unready([]supervise.UnitStatus{
		{Name: "etcd", State: supervise.Ready},
		{Name: "kubelet", State: supervise.Failed, Error: "ended with exit code 1"},
		{Name: "node", State: supervise.Waiting},
	})
	if text := strings.Join(got, "; "); text != "kubelet is failed (ended with exit code 1); node is waiting" {
		t.Error(text)
	}
}

func TestWaitGivesUpOnAProgramThatKeepsEnding(t *testing.T) {
	units := []supervise.UnitStatus{
		{Name: "etcd", State: supervise.Failed, Failures: hopeless - 1},
		{Name: "kubelet", State: supervise.Ready, Failures: hopeless},
	}
	if got := hopelessUnit(units); got != nil {
		t.Error(got)
	}
	units[0].Failures++
	if got := hopelessUnit(units); got == nil || got.Name != "etcd" {
		t.Error(got)
	}
}
