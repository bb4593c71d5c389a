/** TaskFlow on Kubernetes: config -> images -> secrets -> release -> outputs. */
import { core } from "@pulumi/kubernetes";
import { Aiops } from "./components/aiops.ts";
import { aiopsOptions } from "./components/aiopsObjects.ts";
import { AppImage } from "./components/appImage.ts";
import { AppSecrets } from "./components/appSecrets.ts";
import { imageSpecs } from "./components/imageBuild.ts";
import { outputs } from "./components/outputs.ts";
import { providers } from "./components/providers.ts";
import { forPulumi, readProgramConfig } from "./components/pulumiConfig.ts";
import { currentContent, imagesIn, pastContent } from "./components/releaseContent.ts";
import { sourceHash } from "./components/sourceHash.ts";
import { TodoRelease } from "./components/todoRelease.ts";
import { prepare } from "./local/prepare.ts";

const { config, secrets } = readProgramConfig();
// What must be there before anything can even be previewed: cluster, database, base images. Found running in a moment.
const local = await prepare(config).catch((error) => {
  throw forPulumi(error);
});

const { daemon, cluster } = providers(local);
const specs = imageSpecs({ version: config.version, bases: local.bases });
const past = pastContent(config); // of a rollback
const { images: deployed, values, chart } = past ?? currentContent(config, specs, local.database.revision);
const built = imagesIn(deployed).map((name) => {
  const { registry, keepImages: keep } = config;
  const args = { spec: specs[name], cluster: local.choice, registry, keep, frozen: past !== undefined };
  return new AppImage(name, args, { providers: [daemon] });
});

const labels = {
  "pod-security.kubernetes.io/enforce": "restricted",
  "app.kubernetes.io/part-of": "taskflow",
};
const ns = new core.v1.Namespace(
  "namespace",
  { metadata: { name: config.namespace, labels } },
  { provider: cluster },
);
const appSecrets = new AppSecrets(
  "secrets",
  {
    namespace: config.namespace,
    configured: secrets,
    databaseUrl: secrets.databaseUrl ?? local.database.url,
  },
  { providers: [cluster], dependsOn: ns },
);
new TodoRelease(
  "release",
  {
    namespace: config.namespace,
    environment: config.environment,
    chart,
    values,
    deployMode: config.deployMode,
    chartHash: sourceHash(chart),
  },
  { providers: [cluster], dependsOn: [ns, appSecrets, ...built] },
);
const aiops = aiopsOptions(config, deployed.kagent);
if (aiops) new Aiops("aiops", aiops, { providers: [cluster], dependsOn: [ns, ...built] });

export const { frontendUrl, backendUrl, namespace, release, images, portForward } = outputs(
  config,
  deployed,
  local.address.frontendUrl,
  local.access,
);
