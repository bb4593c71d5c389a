// Package images tells which images the node has, in the terms in which Docker names them, and removes them.
package images

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"time"

	contentapi "github.com/containerd/containerd/api/services/content/v1"
	imagesapi "github.com/containerd/containerd/api/services/images/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
)

// The namespace in which Kubernetes keeps its images.
const namespace = "k8s.io"

// Image is one name of an image.
type Image struct {
	// Name in full, e.g. docker.io/library/todo-backend:v1.
	Name string `json:"name"`
	// Target is the digest of the manifest or index that the name stands for.
	Target string `json:"target"`
	// Config is the digest of the image's configuration for this machine's platform; classic Docker's image ID.
	// Empty where the node lacks it.
	Config string `json:"config"`
	// Created is when the node got it under this name.
	Created time.Time `json:"created"`
}

// Store is containerd's image store.
type Store struct {
	connection *grpc.ClientConn
	images     imagesapi.ImagesClient
	content    contentapi.ContentClient
}

// Open connects to containerd's socket.
func Open(socket string) (*Store, error) {
	connection, err := grpc.NewClient("unix://"+socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, err
	}
	return &Store{
		connection: connection,
		images:     imagesapi.NewImagesClient(connection),
		content:    contentapi.NewContentClient(connection),
	}, nil
}

// Close ends the connection.
func (s *Store) Close() error { return s.connection.Close() }

// List returns all tagged images, newest first.
func (s *Store) List(ctx context.Context) ([]Image, error) {
	ctx = inNamespace(ctx)
	response, err := s.images.List(ctx, &imagesapi.ListImagesRequest{})
	if err != nil {
		return nil, err
	}
	found := []Image{}
	for _, image := range response.Images {
		if !tagged(image.Name) {
			continue
		}
		config, err := configDigest(image.Target.Digest, runtime.GOARCH, func(digest string) ([]byte, error) {
			return s.read(ctx, digest)
		})
		if err != nil {
			config = "" // part of it is missing: the name is there, the image is not
		}
		found = append(found, Image{
			Name: image.Name, Target: image.Target.Digest, Config: config, Created: image.CreatedAt.AsTime(),
		})
	}
	slices.SortStableFunc(found, func(a, b Image) int { return b.Created.Compare(a.Created) })
	return found, nil
}

// Remove removes a name, and the names by digest that Kubernetes adds when it was the image's last by tag; the
// disk is free when it returns. It returns the digest of an image that no tag needs any more, "" otherwise.
func (s *Store) Remove(ctx context.Context, name string) (string, error) {
	ctx = inNamespace(ctx)
	response, err := s.images.List(ctx, &imagesapi.ListImagesRequest{})
	if err != nil {
		return "", err
	}
	orphan, names := removal(response.Images, name)
	for i, each := range names {
		request := &imagesapi.DeleteImageRequest{Name: each, Sync: i == len(names)-1}
		if _, err := s.images.Delete(ctx, request); err != nil {
			return "", fmt.Errorf("%s: %w", each, err)
		}
	}
	return orphan, nil
}

// removal decides which names go with one; orphan is the digest they stand for when no tag is left for it.
func removal(all []*imagesapi.Image, name string) (orphan string, names []string) {
	target := ""
	for _, image := range all {
		if image.Name == name {
			target = image.Target.Digest
		}
	}
	if target == "" {
		return "", nil
	}
	names = []string{name}
	for _, image := range all {
		if image.Name == name || image.Target.Digest != target {
			continue
		}
		if tagged(image.Name) {
			return "", []string{name} // another tag still needs it
		}
		names = append(names, image.Name)
	}
	return target, names
}

// tagged tells repository:tag from the names by digest that Kubernetes keeps beside it: sha256:... (of the
// configuration) and repository@sha256:...
func tagged(name string) bool {
	return !strings.HasPrefix(name, "sha256:") && !strings.Contains(name, "@")
}

// configDigest follows a manifest, or an index's manifest for the platform, to the image's configuration.
func configDigest(target, architecture string, read func(string) ([]byte, error)) (string, error) {
	data, err := read(target)
	if err != nil {
		return "", err
	}
	// A manifest has a config, an index has manifests.
	var document struct {
		Config    struct{ Digest string }
		Manifests []struct {
			Digest   string
			Platform struct{ OS, Architecture string }
		}
	}
	if err := json.Unmarshal(data, &document); err != nil {
		return "", fmt.Errorf("%s: %w", target, err)
	}
	if document.Config.Digest != "" {
		return document.Config.Digest, nil
	}
	for _, manifest := range document.Manifests {
		if manifest.Platform.OS == "linux" && manifest.Platform.Architecture == architecture {
			return configDigest(manifest.Digest, architecture, read)
		}
	}
	return "", fmt.Errorf("%s: no manifest for linux/%s", target, architecture)
}

func (s *Store) read(ctx context.Context, digest string) ([]byte, error) {
	stream, err := s.content.Read(ctx, &contentapi.ReadContentRequest{Digest: digest})
	if err != nil {
		return nil, err
	}
	var data []byte
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return data, nil
		}
		if err != nil {
			return nil, err
		}
		data = append(data, part.Data...)
	}
}

func inNamespace(ctx context.Context) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "containerd-namespace", namespace)
}
