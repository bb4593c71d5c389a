package images

import (
	"errors"
	"slices"
	"testing"

	imagesapi "github.com/containerd/containerd/api/services/images/v1"
	"github.com/containerd/containerd/api/types"
)

func reader(blobs map[string]string) func(string) ([]byte, error) {
	return func(digest string) ([]byte, error) {
		if blob, found := blobs[digest]; found {
			return []byte(blob), nil
		}
		return nil, errors.New("not found")
	}
}

func TestConfigOfManifestAndIndex(t *testing.T) {
	read := reader(map[string]string{
		"manifest": `{"config": {"digest": "config"}, "layers": []}`,
		"index": `{"manifests": [
			{"digest": "proof", "platform": {"os": "unknown", "architecture": "unknown"}},
			{"digest": "arm", "platform": {"os": "linux", "architecture": "arm64"}},
			{"digest": "manifest", "platform": {"os": "linux", "architecture": "amd64"}}]}`,
		"foreign": `{"manifests": [{"digest": "arm", "platform": {"os": "linux", "architecture": "arm64"}}]}`,
	})
	for target, want := range map[string]string{"manifest": "config", "index": "config", "foreign": "", "gone": ""} {
		got, err := configDigest(target, "amd64", read)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v", target, got, err)
		}
	}
}

func image(name, target string) *imagesapi.Image {
	return &imagesapi.Image{Name: name, Target: &types.Descriptor{Digest: target}}
}

func TestRemovalTakesTheNamesByDigestWithTheLastTag(t *testing.T) {
	all := []*imagesapi.Image{
		image("docker.io/library/app:1", "sha256:a"),
		image("sha256:config", "sha256:a"),
		image("docker.io/library/app:2", "sha256:b"),
	}
	orphan, names := removal(all, "docker.io/library/app:1")
	if orphan != "sha256:a" || !slices.Equal(names, []string{"docker.io/library/app:1", "sha256:config"}) {
		t.Error(orphan, names)
	}
}

func TestRemovalLeavesAnImageThatHasAnotherTag(t *testing.T) {
	all := []*imagesapi.Image{
		image("docker.io/library/app:1", "sha256:a"),
		image("sha256:config", "sha256:a"),
		image("docker.io/library/app:local", "sha256:a"),
	}
	orphan, names := removal(all, "docker.io/library/app:1")
	if orphan != "" || !slices.Equal(names, []string{"docker.io/library/app:1"}) {
		t.Error(orphan, names)
	}
}

func TestRemovalOfAnAbsentNameIsNothing(t *testing.T) {
	if orphan, names := removal(nil, "docker.io/library/app:1"); orphan != "" || names != nil {
		t.Error(orphan, names)
	}
}
