// Command pauseimage writes the image of the pause program, as an archive that `ctr images import` reads, to
// standard output. The image is made with the node's own, so that starting a pod never needs a registry.
//
//	pauseimage REF PROGRAM > pause.tar
package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"runtime"
)

// file is one entry of an archive. Owner 0, no time: the same input makes the same bytes.
type file struct {
	name string
	mode int64
	data []byte
}

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: pauseimage REF PROGRAM")
	}
	program, err := os.ReadFile(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	if err := write(os.Stdout, os.Args[1], program); err != nil {
		log.Fatal(err)
	}
}

// write puts the image REF, whose only file and entry point is the program, into the writer.
func write(to io.Writer, ref string, program []byte) error {
	layer, err := archive(file{"pause", 0o755, program})
	if err != nil {
		return err
	}
	config, err := json.Marshal(map[string]any{
		"architecture": runtime.GOARCH,
		"os":           "linux",
		"config":       map[string]any{"Entrypoint": []string{"/pause"}, "User": "65535:65535"},
		"rootfs":       map[string]any{"type": "layers", "diff_ids": []string{"sha256:" + digest(layer)}},
	})
	if err != nil {
		return err
	}
	configName := digest(config) + ".json"
	manifest, err := json.Marshal([]map[string]any{
		{"Config": configName, "RepoTags": []string{ref}, "Layers": []string{"layer.tar"}},
	})
	if err != nil {
		return err
	}
	image, err := archive(
		file{"layer.tar", 0o644, layer}, file{configName, 0o644, config}, file{"manifest.json", 0o644, manifest},
	)
	if err != nil {
		return err
	}
	_, err = to.Write(image)
	return err
}

func archive(files ...file) ([]byte, error) {
	var buffer bytes.Buffer
	writer := tar.NewWriter(&buffer)
	for _, f := range files {
		header := &tar.Header{Name: f.name, Mode: f.mode, Size: int64(len(f.data)), Typeflag: tar.TypeReg}
		if err := writer.WriteHeader(header); err != nil {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
		if _, err := writer.Write(f.data); err != nil {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
	}
	err := writer.Close()
	return buffer.Bytes(), err
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
