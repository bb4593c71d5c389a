package node

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// apiClient talks to the API server as administrator. Three requests need no client library.
type apiClient struct {
	http   *http.Client
	server string
	// booted is when this boot began: what the API server remembers from an earlier one proves nothing.
	booted time.Time
}

func newAPIClient(made credentials, booted time.Time) (*apiClient, error) {
	tlsConfig, err := made.authority.ClientTLS(made.admin)
	if err != nil {
		return nil, err
	}
	return &apiClient{
		http:   &http.Client{Transport: &http.Transport{TLSClientConfig: tlsConfig}},
		server: apiServer,
		booted: booted,
	}, nil
}

// readyz asks the API server whether it serves.
func (c *apiClient) readyz(ctx context.Context) error {
	_, err := get(ctx, c.http, c.server+"/readyz")
	return err
}

// nodeReady asks whether this boot's kubelet has reported the node Ready. After an unclean stop the stored node
// still says Ready, so the report must be newer than the boot.
func (c *apiClient) nodeReady(ctx context.Context) error {
	body, err := get(ctx, c.http, c.server+"/api/v1/nodes/"+Name)
	if err != nil {
		return err
	}
	var node struct {
		Status struct {
			Conditions []struct {
				Type, Status, Message string
				LastHeartbeatTime     time.Time
			}
		}
	}
	if err := json.Unmarshal(body, &node); err != nil {
		return err
	}
	for _, condition := range node.Status.Conditions {
		if condition.Type != "Ready" {
			continue
		}
		// The report's time has no fraction of a second.
		if condition.LastHeartbeatTime.Before(c.booted.Truncate(time.Second)) {
			return errors.New("the kubelet has not reported since the node started")
		}
		if condition.Status != "True" {
			return errors.New(condition.Message)
		}
		return nil
	}
	return errors.New("the kubelet has not reported yet")
}

// apply puts an object under its path, whatever it was before (server-side apply).
func (c *apiClient) apply(ctx context.Context, path string, object []byte) error {
	url := c.server + path + "?fieldManager=taskflow-node&force=true"
	request, err := http.NewRequestWithContext(ctx, http.MethodPatch, url, bytes.NewReader(object))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/apply-patch+yaml")
	_, err = send(c.http, request)
	return err
}

// applyAddOns applies every file under add-ons/. A file's path, without its ending, is the object's path in the
// API, so that applying needs no knowledge of kinds.
func applyAddOns(api *apiClient, made credentials) func(context.Context) error {
	authority := base64.StdEncoding.EncodeToString(made.authority.PEM)
	root := config("add-ons")
	return func(ctx context.Context) error {
		return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			object, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			object = bytes.ReplaceAll(object, []byte("${CA_BUNDLE}"), []byte(authority))
			target := strings.TrimSuffix(strings.TrimPrefix(path, root), ".yaml")
			if err := api.apply(ctx, target, object); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			return nil
		})
	}
}
