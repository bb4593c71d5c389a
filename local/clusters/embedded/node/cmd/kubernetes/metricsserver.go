package main

import (
	"flag"
	"net"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	openapinamer "k8s.io/apiserver/pkg/endpoints/openapi"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/server/options"
	"k8s.io/apiserver/pkg/util/compatibility"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
	"sigs.k8s.io/metrics-server/pkg/api"
	"sigs.k8s.io/metrics-server/pkg/api/generated/openapi"
	"sigs.k8s.io/metrics-server/pkg/scraper/client"
	"sigs.k8s.io/metrics-server/pkg/server"
)

const (
	// How often usage is read; the same as upstream's manifest. `kubectl top` and the HPA need two readings.
	metricResolution = 15 * time.Second
	scrapeTimeout    = 10 * time.Second
)

// metricsServerFlags are the few settings that differ from node to node.
type metricsServerFlags struct {
	kubeconfig, kubeletCA, certFile, keyFile, bindAddress string
	securePort                                            int
}

// runMetricsServer wires metrics-server's packages together itself: the upstream command of this version does
// not compile against this version of k8s.io/apiserver, while everything below the command does.
func runMetricsServer() int {
	var f metricsServerFlags
	flags := flag.NewFlagSet("metrics-server", flag.ExitOnError)
	flags.StringVar(&f.kubeconfig, "kubeconfig", "", "how to reach the API server")
	flags.StringVar(&f.kubeletCA, "kubelet-certificate-authority", "", "CA that signed the kubelet's certificate")
	flags.StringVar(&f.certFile, "tls-cert-file", "", "serving certificate")
	flags.StringVar(&f.keyFile, "tls-private-key-file", "", "its key")
	flags.StringVar(&f.bindAddress, "bind-address", "", "address to serve on")
	flags.IntVar(&f.securePort, "secure-port", 4443, "port to serve on")
	_ = flags.Parse(os.Args[1:]) // ExitOnError: there is no error to return
	if err := serveMetrics(f); err != nil {
		klog.ErrorS(err, "metrics-server stopped")
		return 1
	}
	return 0
}

func serveMetrics(f metricsServerFlags) error {
	kube, err := clientcmd.BuildConfigFromFlags("", f.kubeconfig)
	if err != nil {
		return err
	}
	kube.ContentType = "application/vnd.kubernetes.protobuf"
	if err := rest.SetKubernetesDefaults(kube); err != nil {
		return err
	}
	apiserverConfig, err := metricsAPI(f)
	if err != nil {
		return err
	}
	kubelets := rest.CopyConfig(kube)
	kubelets.TLSClientConfig.CAFile, kubelets.TLSClientConfig.CAData = f.kubeletCA, nil
	kubelets.Timeout = scrapeTimeout

	metrics, err := server.Config{
		Apiserver:        apiserverConfig,
		Rest:             kube,
		MetricResolution: metricResolution,
		ScrapeTimeout:    scrapeTimeout,
		Kubelet: &client.KubeletClientConfig{
			Client:              *kubelets,
			AddressTypePriority: []corev1.NodeAddressType{corev1.NodeInternalIP},
			Scheme:              "https",
			DefaultPort:         10250,
			UseNodeStatusPort:   true,
		},
	}.Complete()
	if err != nil {
		return err
	}
	return metrics.RunUntil(genericapiserver.SetupSignalHandler())
}

// metricsAPI is the API server that answers metrics.k8s.io; it asks the main one who is calling and what
// they may do.
func metricsAPI(f metricsServerFlags) (*genericapiserver.Config, error) {
	serving := options.NewSecureServingOptions().WithLoopback()
	serving.BindAddress, serving.BindPort = net.ParseIP(f.bindAddress), f.securePort
	serving.ServerCert.CertKey = options.CertKey{CertFile: f.certFile, KeyFile: f.keyFile}
	authentication := options.NewDelegatingAuthenticationOptions()
	authentication.RemoteKubeConfigFile = f.kubeconfig
	authorization := options.NewDelegatingAuthorizationOptions()
	authorization.RemoteKubeConfigFile = f.kubeconfig

	config := genericapiserver.NewConfig(api.Codecs)
	config.EffectiveVersion = compatibility.DefaultBuildEffectiveVersion()
	if err := serving.ApplyTo(&config.SecureServing, &config.LoopbackClientConfig); err != nil {
		return nil, err
	}
	if err := authentication.ApplyTo(&config.Authentication, config.SecureServing, nil); err != nil {
		return nil, err
	}
	if err := authorization.ApplyTo(&config.Authorization); err != nil {
		return nil, err
	}
	names := openapinamer.NewDefinitionNamer(api.Scheme)
	config.OpenAPIConfig = genericapiserver.DefaultOpenAPIConfig(openapi.GetOpenAPIDefinitions, names)
	config.OpenAPIV3Config = genericapiserver.DefaultOpenAPIV3Config(openapi.GetOpenAPIDefinitions, names)
	config.OpenAPIConfig.Info.Title = "metrics-server"
	config.OpenAPIV3Config.Info.Title = "metrics-server"
	return config, nil
}
