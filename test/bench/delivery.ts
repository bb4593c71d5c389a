import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chooseCluster } from "../../local/clusters/index.ts";
import { buildImage, docker, dockerClient, dockerOrFail } from "../../local/docker.ts";
import { checkoutId } from "../../local/paths.ts";
import { run } from "../../local/run.ts";
import { type Bench, spread } from "./measure.ts";

const rounds = 5;
const megabyte = 2 ** 20;

/** A 300 MB image of which a 1 MB layer changed, into the node: our loader beside `docker save`, `docker cp`, `ctr import`, in turn. */
export const delivery: Bench = async (report) => {
  const cluster = await chooseCluster("embedded");
  await cluster.ensure(report);
  const folder = await mkdtemp(join(tmpdir(), "bench-"));
  const ours: number[] = [];
  const whole: number[] = [];
  try {
    await writeFile(join(folder, "base"), randomBytes(299 * megabyte));
    await writeFile(join(folder, "Dockerfile"), "FROM scratch\nCOPY base /base\nCOPY change /change\n");
    for (let round = 0; round <= rounds; round++) {
      for (const way of ["ours", "whole"] as const) {
        await writeFile(join(folder, "change"), randomBytes(megabyte));
        const ref = `taskflow-bench-${way}:round-${round}`;
        const image = await buildImage({ context: folder, tags: [ref], report });
        const started = performance.now();
        if (way === "ours") await cluster.loadImage(image, report);
        else await saveAndImport(ref);
        const seconds = (performance.now() - started) / 1000;
        // The first round brings the large layer.
        if (round > 0) (way === "ours" ? ours : whole).push(seconds);
        await cluster.removeImage(ref);
        await docker(["image", "rm", ref]);
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return [
    {
      bench: "delivery",
      what: "300 MB image, 1 MB of it changed: our loader",
      measured: spread(ours),
      runs: rounds,
    },
    {
      bench: "delivery",
      what: "the same, by `docker save`, `docker cp` and `ctr import`",
      measured: spread(whole),
      runs: rounds,
    },
  ];
};

/** What a loader without layers does, through an archive on the disk. */
async function saveAndImport(ref: string): Promise<void> {
  const { path } = await dockerClient();
  const node = `taskflow-${checkoutId}`;
  const archive = join(tmpdir(), `${checkoutId}.tar`);
  try {
    await dockerOrFail(["save", "--output", archive, ref]);
    await dockerOrFail(["cp", archive, `${node}:/tmp/bench.tar`]);
    const result = await run(path, [
      "exec",
      node,
      "ctr",
      "--namespace",
      "k8s.io",
      "images",
      "import",
      "/tmp/bench.tar",
    ]);
    if (result.failed) throw new Error(result.all);
  } finally {
    await rm(archive, { force: true });
    await docker(["exec", node, "rm", "-f", "/tmp/bench.tar"]);
  }
}
