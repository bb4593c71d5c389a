package pki

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"
)

func parse(t *testing.T, data []byte) *x509.Certificate {
	t.Helper()
	block, _ := pem.Decode(data)
	if block == nil {
		t.Fatal("no PEM block")
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

func authority(t *testing.T, dir string) *Authority {
	t.Helper()
	made, err := LoadOrCreate(dir)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func TestAuthorityOutlivesTheBoot(t *testing.T) {
	dir := t.TempDir()
	first := authority(t, dir)
	pair, err := first.Issue(Identity{CommonName: "admin"})
	if err != nil {
		t.Fatal(err)
	}
	second := authority(t, dir)
	if !bytes.Equal(first.PEM, second.PEM) {
		t.Fatal("another authority")
	}
	if err := parse(t, pair.Certificate).CheckSignatureFrom(second.certificate); err != nil {
		t.Error(err)
	}
}

func TestIssuedCertificateServesItsHostsOnly(t *testing.T) {
	made := authority(t, t.TempDir())
	pair, err := made.Issue(Identity{
		CommonName: "system:node:a", Groups: []string{"system:nodes"}, Hosts: []string{"10.0.0.1", "node.example"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tls.X509KeyPair(pair.Certificate, pair.Key); err != nil {
		t.Fatal(err)
	}
	certificate := parse(t, pair.Certificate)
	roots := x509.NewCertPool()
	roots.AddCert(made.certificate)
	for host, wanted := range map[string]bool{"10.0.0.1": true, "node.example": true, "10.0.0.2": false} {
		_, err := certificate.Verify(x509.VerifyOptions{DNSName: host, Roots: roots})
		if (err == nil) != wanted {
			t.Errorf("%s: %v", host, err)
		}
	}
	if got := certificate.Subject; got.CommonName != "system:node:a" || got.Organization[0] != "system:nodes" {
		t.Errorf("subject %v", got)
	}
}

func TestKeysAreForTheOwnerOnly(t *testing.T) {
	dir := t.TempDir()
	authority(t, dir)
	path, err := ServiceAccountKey(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{path, filepath.Join(dir, "ca.key")} {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v", file, info.Mode())
		}
	}
}

func TestBrokenAuthorityIsAnErrorNotANewOne(t *testing.T) {
	dir := t.TempDir()
	authority(t, dir)
	if err := os.WriteFile(filepath.Join(dir, "ca.crt"), []byte("half a file"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadOrCreate(dir); err == nil {
		t.Error("no error")
	}
}
