// Package pki is the node's certificate authority. The authority itself is kept with the cluster's data, so that
// kubeconfigs and service account tokens outlive a restart; everything it signs is made anew at each boot.
package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

const (
	// A local cluster is thrown away long before this.
	lifetime = 10 * 365 * 24 * time.Hour
	// A laptop's virtual machine can wake up with its clock behind.
	clockSkew = time.Hour

	certificateBlock = "CERTIFICATE"
	keyBlock         = "EC PRIVATE KEY"
)

// Authority signs certificates.
type Authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	// PEM is the authority's certificate, as clients and servers read it.
	PEM []byte
}

// Identity is what a certificate says.
type Identity struct {
	// CommonName is the user name that the API server reads from a client certificate.
	CommonName string
	// Groups are the groups of that user.
	Groups []string
	// Hosts are the addresses and DNS names for which a server may show the certificate; none for a client's.
	Hosts []string
}

// Pair is a certificate and its private key, PEM.
type Pair struct {
	Certificate, Key []byte
}

// LoadOrCreate returns the authority kept in dir as ca.crt and ca.key; where there is none it makes one.
func LoadOrCreate(dir string) (*Authority, error) {
	keyPEM, err := loadOrCreateKey(filepath.Join(dir, "ca.key"))
	if err != nil {
		return nil, err
	}
	key, err := parseKey(keyPEM)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "ca.crt")
	certificatePEM, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if certificatePEM, err = selfSign(key); err == nil {
			err = WriteFile(path, certificatePEM, 0o644)
		}
	}
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(certificatePEM)
	if block == nil {
		return nil, fmt.Errorf("%s: not a PEM file", path)
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &Authority{certificate: certificate, key: key, PEM: certificatePEM}, nil
}

// ServiceAccountKey returns the path of the key in dir that signs service account tokens, after making it where
// it is missing.
func ServiceAccountKey(dir string) (string, error) {
	path := filepath.Join(dir, "sa.key")
	_, err := loadOrCreateKey(path)
	return path, err
}

// Issue makes a new key and signs a certificate for it, good for clients and for servers.
func (a *Authority) Issue(identity Identity) (Pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Pair{}, err
	}
	template, err := newTemplate(pkix.Name{CommonName: identity.CommonName, Organization: identity.Groups})
	if err != nil {
		return Pair{}, err
	}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}
	for _, host := range identity.Hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, &key.PublicKey, a.key)
	if err != nil {
		return Pair{}, err
	}
	keyPEM, err := encodeKey(key)
	return Pair{Certificate: pem.EncodeToMemory(&pem.Block{Type: certificateBlock, Bytes: der}), Key: keyPEM}, err
}

// ClientTLS is the configuration of a client that trusts this authority only and shows the pair.
func (a *Authority) ClientTLS(pair Pair) (*tls.Config, error) {
	certificate, err := tls.X509KeyPair(pair.Certificate, pair.Key)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AddCert(a.certificate)
	return &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{certificate}}, nil
}

// WriteFile replaces a file as a whole: a power cut leaves the old content or the new, never a part.
func WriteFile(path string, data []byte, mode fs.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name()) // after the rename there is nothing to remove
	_, err = temporary.Write(data)
	err = errors.Join(err, temporary.Chmod(mode), temporary.Sync(), temporary.Close())
	if err != nil {
		return err
	}
	return os.Rename(temporary.Name(), path)
}

func loadOrCreateKey(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return data, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	if data, err = encodeKey(key); err != nil {
		return nil, err
	}
	return data, WriteFile(path, data, 0o600)
}

func encodeKey(key *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalECPrivateKey(key)
	return pem.EncodeToMemory(&pem.Block{Type: keyBlock, Bytes: der}), err
}

func parseKey(data []byte) (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, errors.New("private key: not a PEM file")
	}
	return x509.ParseECPrivateKey(block.Bytes)
}

func selfSign(key *ecdsa.PrivateKey) ([]byte, error) {
	template, err := newTemplate(pkix.Name{CommonName: "taskflow-embedded-ca"})
	if err != nil {
		return nil, err
	}
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	return pem.EncodeToMemory(&pem.Block{Type: certificateBlock, Bytes: der}), err
}

func newTemplate(subject pkix.Name) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      subject,
		NotBefore:    now.Add(-clockSkew),
		NotAfter:     now.Add(lifetime),
	}, nil
}
