import { ensureImage } from "../../components/builtImage.ts";
import { imageNames, imageSpecs } from "../../components/imageBuild.ts";
import { ensureBases } from "../../local/baseImages/index.ts";
import { withArchive } from "../../local/clusters/archive.ts";
import { dockerOrFail } from "../../local/docker.ts";
import { readImage } from "../support/imageFiles.ts";
import type { Bench, Row } from "./measure.ts";

const goals = { frontend: "200 MB, aim 145", backend: "500 MB, aim 180", kagent: "185 MB, aim 130" };

/**
 * Sizes of this checkout's images, 1 MB being 10^6 bytes: uncompressed as `docker image inspect` tells it, and compressed as
 * a registry would keep it, the sum of the layers after gzip.
 */
export const imageSizes: Bench = async (report) => {
  const specs = imageSpecs({ version: "v1.0.0", bases: await ensureBases(report) });
  const rows: Row[] = [];
  for (const component of imageNames) {
    const { ref } = await ensureImage(specs[component], { report });
    const { stdout } = await dockerOrFail(["image", "inspect", "--format", "{{.Size}}", ref]);
    const { layers } = await withArchive(ref, readImage);
    const compressed = layers.reduce((sum, layer) => sum + layer.compressed, 0);
    const row = (what: string, bytes: number): Row => ({
      bench: "sizes",
      what: `todo-${component}, ${what}, ${baseOf(specs[component].args)}`,
      measured: `${(bytes / 1e6).toFixed(1)} MB`,
      runs: 1,
    });
    rows.push({ ...row("uncompressed", Number(stdout)), goal: goals[component] }, row("gzip", compressed));
  }
  return rows;
};

/** The base that an image runs on, of which there are two kinds of different sizes. */
export function baseOf(args: Readonly<Record<string, string>>): string {
  const runtime = Object.entries(args).find(([name]) => name.endsWith("_RUNTIME_IMAGE"))?.[1] ?? "";
  return runtime.startsWith("taskflow-base/") ? "on a Debian-made base" : "on the official base";
}
