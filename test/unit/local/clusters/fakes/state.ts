/** Puts the fake programs on PATH and gives a test the facts that they keep. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface Node {
  images: { id: string; repoTags: string[] }[];
}

export interface FakeState {
  docker: {
    /** Ref -> digest of its configuration, newest first. */
    images: Record<string, string>;
    containers: Record<string, { address: string; gateway: string; ports: Record<string, number> }>;
    os: string;
    containerdStore: boolean;
  };
  /** Node container -> what its runtime has. */
  nodes: Record<string, Node>;
  minikube: { load?: "fails" | "keeps the old image"; startError?: string };
  minikubeKubeconfig?: string;
  kind: string[];
  kindLoad?: "fails" | "misses a node";
  k3d: string[];
  k3dImport?: "fails on the node";
  user: { contexts: Record<string, string>; current?: string };
  /** The API server's version; null: it does not answer. */
  api: string | null;
  nodesReady: boolean;
  runtime: string;
}

const initial = (): FakeState => ({
  docker: { images: {}, containers: {}, os: "Debian GNU/Linux 12 (bookworm)", containerdStore: false },
  nodes: {},
  minikube: {},
  kind: [],
  k3d: [],
  user: { contexts: {} },
  api: null,
  nodesReady: true,
  runtime: "containerd://2.1.4",
});

/** A directory of its own for a test file: programs, state, and what the drivers write. */
export const dir = mkdtempSync(join(tmpdir(), "taskflow-fakes-"));
const stateFile = join(dir, "state.json");
const callsFile = join(dir, "calls");
const bin = join(dir, "bin");

/** Makes the programs and puts them first on PATH. Call before the code under test looks for any. */
export function install(
  programs: readonly string[] = ["docker", "minikube", "kind", "k3d", "kubectl"],
): void {
  mkdirSync(bin, { recursive: true });
  const script = join(import.meta.dirname, "program.mjs");
  for (const name of programs) {
    writeFileSync(join(bin, name), `#!/bin/sh\nexec '${process.execPath}' '${script}' ${name} "$@"\n`, {
      mode: 0o755,
    });
  }
  process.env.FAKE_STATE = stateFile;
  process.env.FAKE_CALLS = callsFile;
  process.env.PATH = `${bin}:${process.env.PATH}`;
}

export function remove(): void {
  rmSync(dir, { recursive: true, force: true });
}

/** Starts anew: the state, and the directory that stands for .taskflow. */
export function reset(change: (state: FakeState) => void = () => {}): void {
  rmSync(join(dir, "state"), { recursive: true, force: true });
  mkdirSync(join(dir, "state"), { recursive: true });
  const state = initial();
  change(state);
  writeFileSync(stateFile, JSON.stringify(state));
  writeFileSync(callsFile, "");
}

/** Every call since, as `program arg arg`. */
export function calls(): string[] {
  return readFileSync(callsFile, "utf8").split("\n").filter(Boolean);
}

export function state(): FakeState {
  return JSON.parse(readFileSync(stateFile, "utf8"));
}

export function change(edit: (state: FakeState) => void): void {
  const now = state();
  edit(now);
  writeFileSync(stateFile, JSON.stringify(now));
}

/** 64 hex digits that begin with `text` written in hex. */
export const id = (text: string) => `sha256:${Buffer.from(text).toString("hex").padEnd(64, "0")}`;
