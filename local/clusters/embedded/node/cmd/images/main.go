// Command images answers the host's questions about the node's images.
//
//	images list          all tagged images as JSON, newest first
//	images remove NAME   remove a name, and the image when it was the last one; absent is fine
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"taskflow/node/internal/images"
	"taskflow/node/internal/registry"
)

const (
	socket = "/run/containerd/containerd.sock"
	server = "http://127.0.0.1:5000"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "images:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	store, err := images.Open(socket)
	if err != nil {
		return err
	}
	defer store.Close()
	switch {
	case len(args) == 1 && args[0] == "list":
		found, err := store.List(ctx)
		if err != nil {
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(found)
	case len(args) == 2 && args[0] == "remove":
		orphan, err := store.Remove(ctx, args[1])
		if err != nil || orphan == "" {
			return err
		}
		return registry.Forget(ctx, server, args[1], orphan)
	default:
		return fmt.Errorf("unknown arguments %q; there is: images list, images remove NAME", args)
	}
}
