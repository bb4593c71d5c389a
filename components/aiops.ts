import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import {
  type AiopsOptions,
  aiopsObjects,
  approvalSecretData,
  approvalSecretName,
  tokenSecretData,
  tokenSecretName,
} from "./aiopsObjects.ts";

/**
 * TaskFlow's MCP server beside the app: its objects, the token that its callers show and, where it may change something,
 * the key of the codes by which a person approves that.
 */
export class Aiops extends pulumi.ComponentResource {
  /** Where it answers inside the cluster. */
  readonly url: string;

  constructor(name: string, args: AiopsOptions, opts?: pulumi.ComponentResourceOptions) {
    super("taskflow:index:Aiops", name, {}, opts);
    const { namespace } = args;
    const token = new random.RandomPassword("mcp-token", { length: 48, special: false }, { parent: this });
    const secrets = [this.secret(tokenSecretName, namespace, token.result.apply(tokenSecretData))];
    if (args.remediation) {
      // Letters and digits are base 64 too. Not RandomBytes: its value is its ID as well, which no state encrypts.
      const key = new random.RandomPassword("approval-key", { length: 44, special: false }, { parent: this });
      secrets.push(this.secret(approvalSecretName, namespace, key.result.apply(approvalSecretData)));
    }
    // Each object is a resource with its own diff and drift, as the chart's are.
    new kubernetes.yaml.v2.ConfigGroup(
      "mcp-server",
      { objs: aiopsObjects(args) },
      { parent: this, dependsOn: secrets },
    );
    this.url = `http://taskflow-mcp.${namespace}.svc.cluster.local:8931/mcp`;
    this.registerOutputs({ url: this.url });
  }

  private secret(
    name: string,
    namespace: string,
    stringData: pulumi.Output<Record<string, string>>,
  ): kubernetes.core.v1.Secret {
    const labels = { "app.kubernetes.io/part-of": "taskflow" };
    return new kubernetes.core.v1.Secret(
      name,
      { metadata: { name, namespace, labels }, stringData },
      { parent: this },
    );
  }
}
