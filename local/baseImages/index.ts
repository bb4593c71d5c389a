/**
 * The images that builds start from: the official ones, pinned by digest, where their registry answers;
 * otherwise equivalents made here from Debian packages, under their own names.
 */
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import type { Report } from "../run.ts";
import { makeDebian } from "./debian.ts";
import { type DebianArchive, debianArchive } from "./debianArchive.ts";
import { withHostSettings } from "./hostLayer.ts";
import { type HostSettings, hostSettings } from "./hostSettings.ts";
import { makeNodeBuild } from "./nodeBuild.ts";
import { obtain } from "./official.ts";
import { type BaseName, buildBases, official } from "./pins.ts";
import { makeRuntime } from "./runtime.ts";

/** The refs that the app's Dockerfiles get as build args. */
export interface BaseImages {
  nodeBuild: string;
  nodeRuntime: string;
  pythonBuild: string;
  pythonRuntime: string;
}

/** `TASKFLOW_BASE_IMAGES`: take only official images, only local ones, or (default) the official if it can be had. */
function source(): "official" | "local" | "auto" {
  const value = process.env.TASKFLOW_BASE_IMAGES || "auto";
  if (value === "official" || value === "local" || value === "auto") return value;
  throw new TaskFlowError("TF1001", {
    what: `TASKFLOW_BASE_IMAGES is "${value}"; it may be official, local or auto`,
    values: { fix: "unset TASKFLOW_BASE_IMAGES" },
  });
}

let settings: Promise<HostSettings> | undefined;

const layered = async (name: string, base: string, report: Report): Promise<string> => {
  settings ??= hostSettings();
  return withHostSettings(name, base, await settings, report);
};

let debian: Promise<string> | undefined;

async function makeLocally(name: BaseName, whyNotOfficial: string, report: Report): Promise<string> {
  const archive = async (): Promise<DebianArchive> => {
    const found = await debianArchive();
    if ("sources" in found) {
      report(`no ${official[name].split("@")[0]} here: ${whyNotOfficial}`);
      return found;
    }
    throw new TaskFlowError("TF1202", {
      what: `${official[name]} can't be had, and no equivalent can be made: ${found.reason}`,
      detail: [`the official image: ${whyNotOfficial}`],
      values: { fix: found.fix ?? `docker pull ${official[name]}` },
    });
  };
  if (name === "cc" || name === "python") return makeRuntime(name, archive, report);
  // Several bases stand on it; two at once must not make it twice.
  debian ??= makeDebian(archive, report).then((made) => layered("debian-host", made, report));
  return name === "node-build" ? makeNodeBuild(await debian, report) : debian;
}

/**
 * A base image in the local daemon, pulled or made where it is missing. Build bases carry this machine's
 * proxy, mirror and CA settings; runtimes never do.
 * @returns the ref to build FROM: an official one with its digest, or `taskflow-base/<name>:<hash of content>`.
 * @throws TaskFlowError TF1202 (not to be had, with what to do), TF1101, TF1103, TF1201, TF1205.
 */
export async function ensureBase(name: BaseName, report: Report): Promise<string> {
  const from = source();
  let why = "TASKFLOW_BASE_IMAGES=local";
  if (from !== "local") {
    const problem = await obtain(official[name], report, { again: from === "official" });
    if (!problem) {
      return buildBases.includes(name) ? layered(`${name}-host`, official[name], report) : official[name];
    }
    if (from === "official") {
      throw new TaskFlowError("TF1202", {
        what: `${official[name]} can't be had`,
        detail: [problem],
        values: { fix: `docker pull ${official[name]}` },
      });
    }
    why = problem;
  }
  return makeLocally(name, why, report);
}

/** The four bases of the app's images, side by side. @throws as `ensureBase`, when the last one has ended. */
export async function ensureBases(report: Report): Promise<BaseImages> {
  const names = {
    nodeBuild: "node-build",
    nodeRuntime: "cc",
    pythonBuild: "python-build",
    pythonRuntime: "python",
  } as const;
  const settled = await Promise.allSettled(Object.values(names).map((name) => ensureBase(name, report)));
  const refs = settled.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
  return Object.fromEntries(Object.keys(names).map((key, i) => [key, refs[i]])) as unknown as BaseImages;
}
