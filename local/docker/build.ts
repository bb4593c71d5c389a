/** Builds an image with BuildKit through the docker client. */
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import type { LocalImage } from "../clusters/types.ts";
import { lastLines, type Report, type RunOptions } from "../run.ts";
import { type DockerClient, docker, dockerClient } from "./client.ts";
import { failureOf } from "./failures.ts";
import { imageId } from "./info.ts";

export interface BuildRequest {
  /** Absolute path of the build context's folder. */
  context: string;
  /** Absolute path; default `Dockerfile` in the context. */
  dockerfile?: string;
  target?: string;
  /** e.g. `linux/amd64`; the daemon's own where absent. */
  platform?: string;
  args?: Readonly<Record<string, string>>;
  /** Secret id -> absolute path of the file that holds it. */
  secrets?: Readonly<Record<string, string>>;
  /** `repository:tag`, the first being the image's ref; at least one. */
  tags: readonly [string, ...string[]];
  labels?: Readonly<Record<string, string>>;
  /** Network of the RUN steps; the builder's default where absent. */
  network?: "none" | "host";
  /** Runs every step anew. */
  noCache?: boolean;
  /** Receives one line a step or output line. */
  report?: Report;
  cancelSignal?: AbortSignal;
}

/** One line of BuildKit's plain progress without its bookkeeping; undefined for what tells a person nothing. */
export function progressLine(line: string): string | undefined {
  const text = line
    .replace(/^#\d+ /, "")
    .replace(/^\d+\.\d+ /, "")
    .trimEnd();
  if (
    text === "" ||
    /^(DONE|CACHED|CANCELED|sha256:|transferring |exporting |writing |naming |\.\.\.$)/.test(text)
  ) {
    return undefined;
  }
  return /^\[internal\]/.test(text) ? undefined : text;
}

/** The command line of a build; pure. `builder` is buildx's name for the daemon's own builder. */
export function buildArgs(request: BuildRequest, buildKit: "buildx" | "builtin", builder: string): string[] {
  const pairs = (flag: string, values: Readonly<Record<string, string>> = {}): string[] =>
    Object.entries(values).flatMap(([key, value]) => [flag, `${key}=${value}`]);
  return [
    // The daemon's own builder, whatever the user's current one is: only it sees local base images.
    ...(buildKit === "buildx" ? ["buildx", "build", "--builder", builder, "--load"] : ["build"]),
    "--progress=plain",
    ...(request.dockerfile ? ["--file", request.dockerfile] : []),
    ...(request.target ? ["--target", request.target] : []),
    ...(request.platform ? ["--platform", request.platform] : []),
    ...(request.noCache ? ["--no-cache"] : []),
    ...(request.network ? ["--network", request.network] : []),
    ...request.tags.flatMap((tag) => ["--tag", tag]),
    ...pairs("--build-arg", request.args),
    ...pairs("--label", request.labels),
    ...Object.entries(request.secrets ?? {}).flatMap(([id, file]) => ["--secret", `id=${id},src=${file}`]),
    request.context,
  ];
}

const unreachable =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|Temporary failure (in name resolution|resolving)|Could not resolve|failed to lookup address|dns error|network is unreachable|no such host|i\/o timeout/i;
const untrusted =
  /self.signed certificate|unable to get (local )?issuer|UNABLE_TO_VERIFY|CERTIFICATE_VERIFY_FAILED|UnknownIssuer|invalid peer certificate|x509: certificate/i;
const noBase =
  /failed to (resolve source metadata|load metadata|do request)|pull access denied|manifest unknown/i;

/** The error that a failed build's output stands for. */
export async function buildError(ref: string, output: string): Promise<TaskFlowError> {
  const common = await failureOf(output);
  if (common) return common;
  const told = output.split("\n").flatMap((line) => progressLine(line) ?? []);
  const detail = lastLines(told.join("\n"));
  if (noBase.test(output)) {
    return new TaskFlowError("TF1202", {
      what: `a base image of ${ref} can't be had`,
      detail,
      values: {
        fix: "docker login   # registries limit pulls without one; or: TASKFLOW_BASE_IMAGES=local npm run up",
      },
    });
  }
  if (untrusted.test(output)) {
    return new TaskFlowError("TF1206", {
      what: `a build step of ${ref} does not trust the certificate it met`,
      detail,
    });
  }
  if (unreachable.test(output)) {
    return new TaskFlowError("TF1205", {
      what: `a build step of ${ref} could not reach the network`,
      detail,
    });
  }
  return new TaskFlowError("TF1201", { what: `building ${ref} failed`, detail });
}

/** Environment and command line for this client. */
async function commandFor(
  request: BuildRequest,
  client: DockerClient,
): Promise<{ args: string[]; options: RunOptions }> {
  if (!client.buildKit) {
    throw new TaskFlowError("TF1102", {
      what: client.version
        ? `${client.path} ${client.version} has no buildx plugin`
        : "there is no docker program on PATH",
    });
  }
  const context = client.buildKit === "buildx" ? (await docker(["context", "show"])).stdout.trim() : "";
  return {
    args: buildArgs(request, client.buildKit, context || "default"),
    options: {
      // Attestations make an index of every image, which `kind load` and others can't take.
      env: client.buildKit === "builtin" ? { DOCKER_BUILDKIT: "1" } : { BUILDX_NO_DEFAULT_ATTESTATIONS: "1" },
      ...(request.cancelSignal ? { cancelSignal: request.cancelSignal } : {}),
    },
  };
}

/**
 * Builds an image into the local daemon.
 * @returns its first tag and its ID.
 * @throws TaskFlowError TF1101 (no daemon), TF1102 (no BuildKit), TF1103 (disk full), TF1202 (base image not
 * to be had), TF1205 (no network), TF1206 (certificate not trusted), TF1201 (anything else); each with the
 * last lines of the build.
 */
export async function buildImage(request: BuildRequest): Promise<LocalImage> {
  const { args, options } = await commandFor(request, await dockerClient());
  const report = request.report;
  const result = await docker(args, {
    ...options,
    ...(report && {
      report: (line) => {
        const shown = progressLine(line);
        if (shown) report(shown);
      },
    }),
  });
  const ref = request.tags[0];
  if (result.failed) throw await buildError(ref, result.all);
  const id = await imageId(ref);
  if (!id) {
    throw new TaskFlowError("TF1201", {
      what: `the build of ${ref} ended well but left no such image`,
      detail: lastLines(result.all),
    });
  }
  return { ref, id };
}
