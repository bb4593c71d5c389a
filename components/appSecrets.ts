import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { secretNames } from "./chartValues.ts";
import type { SecretKey } from "./stackConfig.ts";

export interface AppSecretsArgs {
  namespace: pulumi.Input<string>;
  /** Secrets of the stack's configuration. A missing betterAuthSecret is generated. */
  configured: Readonly<Partial<Record<SecretKey, pulumi.Input<string>>>>;
  /** PostgreSQL URL as the pods reach it. */
  databaseUrl: pulumi.Input<string>;
}

/** The two Secrets that the chart names. Their values are in the state only encrypted, and never in chart values. */
export class AppSecrets extends pulumi.ComponentResource {
  readonly names: pulumi.Output<string[]>;

  constructor(name: string, args: AppSecretsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("taskflow:index:AppSecrets", name, {}, opts);
    const betterAuthSecret =
      args.configured.betterAuthSecret ??
      new random.RandomPassword("better-auth-secret", { length: 48, special: false }, { parent: this })
        .result;
    const shared = {
      DATABASE_URL: pulumi.secret(args.databaseUrl),
      BETTER_AUTH_SECRET: pulumi.secret(betterAuthSecret),
    };
    const { openaiApiKey } = args.configured;

    const frontend = this.secret("frontend", args.namespace, shared);
    const backend = this.secret("backend", args.namespace, {
      ...shared,
      ...(openaiApiKey ? { OPENAI_API_KEY: pulumi.secret(openaiApiKey) } : {}),
    });
    this.names = pulumi.all([frontend.metadata.name, backend.metadata.name]);
    this.registerOutputs({ names: this.names });
  }

  private secret(
    component: "frontend" | "backend",
    namespace: pulumi.Input<string>,
    values: Record<string, pulumi.Output<string>>,
  ) {
    return new kubernetes.core.v1.Secret(
      secretNames[component],
      {
        metadata: {
          name: secretNames[component],
          namespace,
          labels: { "app.kubernetes.io/part-of": "taskflow", app: component },
        },
        stringData: values,
      },
      { parent: this },
    );
  }
}
