package node

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"

	"taskflow/node/internal/supervise"
)

// httpOK asks for a page that answers 200 when its server is ready.
func httpOK(url string) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := get(ctx, http.DefaultClient, url)
		return err
	}
}

// dial asks whether somebody listens.
func dial(network, address string) func(context.Context) error {
	return func(ctx context.Context) error {
		connection, err := new(net.Dialer).DialContext(ctx, network, address)
		if err != nil {
			return err
		}
		return connection.Close()
	}
}

func get(ctx context.Context, client *http.Client, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	return send(client, request)
}

// send returns the body of a 2xx answer; any other answer is an error that carries it.
func send(client *http.Client, request *http.Request) ([]byte, error) {
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode/100 != 2 {
		return nil, fmt.Errorf("%s %s: %s: %s", request.Method, request.URL.Path, response.Status, bytes.TrimSpace(body))
	}
	return body, nil
}

// runOnce runs a program to its end and returns what it wrote, trimmed.
func runOnce(reaper *supervise.Reaper, args []string) (string, error) {
	reader, writer, err := os.Pipe()
	if err != nil {
		return "", err
	}
	defer reader.Close()
	_, ended, err := reaper.Start(args, programEnv, writer, writer)
	writer.Close()
	if err != nil {
		return "", err
	}
	output, err := io.ReadAll(reader)
	status := <-ended
	text := strings.TrimSpace(string(output))
	if status != syscall.WaitStatus(0) {
		return "", fmt.Errorf("%s: status %d: %s", strings.Join(args, " "), status, text)
	}
	return text, err
}
