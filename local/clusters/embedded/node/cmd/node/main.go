// Command node is PID 1 of the embedded cluster's container.
//
//	node                 bring the node up, keep it up, stop it on SIGTERM
//	node wait DURATION   return when everything is ready; print what becomes so
package main

import (
	"fmt"
	"os"
	"time"

	"taskflow/node/internal/node"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "node:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 0:
		return node.Run()
	case len(args) == 2 && args[0] == "wait":
		timeout, err := time.ParseDuration(args[1])
		if err != nil {
			return err
		}
		return node.Wait(os.Stdout, timeout)
	default:
		return fmt.Errorf("unknown arguments %q; there is: node, node wait DURATION", args)
	}
}
