package registry

import "testing"

func TestRepositoryPath(t *testing.T) {
	for name, want := range map[string]string{
		"docker.io/library/app:1":        "library/app",
		"localhost:5000/team/app:v1.0.0": "team/app",
		"ghcr.io/app":                    "app",
	} {
		if got := repositoryPath(name); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}
