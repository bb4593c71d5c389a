// Package registry deletes from the registry inside the node.
package registry

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"strings"
)

// GarbageMark is there when the registry holds layers that no image needs any more. They are collected at the next
// boot, before the registry starts: beside a running one that would race with a push.
const GarbageMark = "/var/lib/taskflow/registry-garbage"

// Forget deletes a manifest from the node's registry; one that is not there is fine.
func Forget(ctx context.Context, server, name, digest string) error {
	url := fmt.Sprintf("%s/v2/%s/manifests/%s", server, repositoryPath(name), digest)
	request, err := http.NewRequestWithContext(ctx, http.MethodDelete, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusAccepted:
		return os.WriteFile(GarbageMark, nil, fs.FileMode(0o644))
	case http.StatusNotFound:
		return nil
	default:
		return fmt.Errorf("registry: delete %s: %s", url, response.Status)
	}
}

// repositoryPath is where the registry keeps an image: its full name without the host and the tag.
func repositoryPath(name string) string {
	_, path, _ := strings.Cut(name, "/")
	if colon := strings.LastIndex(path, ":"); colon > strings.LastIndex(path, "/") {
		path = path[:colon]
	}
	return path
}
