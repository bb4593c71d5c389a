package main

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
)

func entries(t *testing.T, data []byte) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for reader := tar.NewReader(bytes.NewReader(data)); ; {
		header, err := reader.Next()
		if err == io.EOF {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if files[header.Name], err = io.ReadAll(reader); err != nil {
			t.Fatal(err)
		}
	}
}

func TestImageNamesItsParts(t *testing.T) {
	var image bytes.Buffer
	if err := write(&image, "example/pause:1", []byte("program")); err != nil {
		t.Fatal(err)
	}
	files := entries(t, image.Bytes())
	var manifest []struct {
		Config           string
		RepoTags, Layers []string
	}
	if err := json.Unmarshal(files["manifest.json"], &manifest); err != nil {
		t.Fatal(err)
	}
	if manifest[0].RepoTags[0] != "example/pause:1" || manifest[0].Config != digest(files[manifest[0].Config])+".json" {
		t.Errorf("%+v", manifest)
	}
	layer := files[manifest[0].Layers[0]]
	if !strings.Contains(string(files[manifest[0].Config]), "sha256:"+digest(layer)) {
		t.Error("the configuration does not name the layer")
	}
	if got := entries(t, layer)["pause"]; string(got) != "program" {
		t.Errorf("the layer holds %q", got)
	}
}
