package node

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"taskflow/node/internal/supervise"
)

// Times to end by themselves after SIGTERM, before SIGKILL. Their sum stays below the driver's stop timeout.
const (
	kubeletGrace  = 2 * time.Second
	podGrace      = 5 * time.Second
	programsGrace = 4 * time.Second
)

// Run is the node's life as PID 1: it returns when the node has been told to stop and has stopped.
func Run() error {
	booted := time.Now()
	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	reaper := supervise.NewReaper()
	if err := prepareMachine(); err != nil {
		return err
	}
	if err := os.MkdirAll(runDir, 0o755); err != nil {
		return err
	}
	made, err := writeCredentials()
	if err != nil {
		return err
	}
	api, err := newAPIClient(made, booted)
	if err != nil {
		return err
	}
	group, err := supervise.NewGroup(reaper, supervise.NewStatus(StatusFile), os.Stdout, units(api, made, reaper))
	if err != nil {
		return err
	}
	go group.Run(stop)

	<-stop.Done()
	fmt.Println("node: stopping")
	group.Stop(kubeletGrace, "kubelet")
	stopPods(podGrace)
	group.Stop(programsGrace)
	fmt.Println("node: stopped")
	return nil
}
