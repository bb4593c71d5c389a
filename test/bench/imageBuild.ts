import { join } from "node:path";
import { imageSpecs } from "../../components/imageBuild.ts";
import { ensureBases } from "../../local/baseImages/index.ts";
import { buildImage, docker, dockerOrFail } from "../../local/docker.ts";
import { repoRoot } from "../../local/paths.ts";
import { type Bench, type Row, spread, timed } from "./measure.ts";

/** Each image without Docker's layer cache (the package managers' download caches stay), and again with it. */
export const imageBuild: Bench = async (report) => {
  const specs = imageSpecs({ version: "v1.0.0", bases: await ensureBases(report) });
  const rows: Row[] = [];
  for (const [component, spec] of Object.entries(specs)) {
    const request = {
      context: join(repoRoot, spec.context),
      dockerfile: join(repoRoot, spec.dockerfile),
      target: spec.target,
      tags: [`${spec.repository}:bench`] as [string],
      report,
    };
    // A build argument that changes invalidates every layer that knows of it; the first one does.
    let round = 0;
    const uncached = await timed(
      1,
      () => buildImage({ ...request, args: spec.args }),
      () => dockerOrFail(["builder", "prune", "--force", "--filter", "type=regular"]),
    );
    const cached = await timed(3, () =>
      buildImage({ ...request, args: { ...spec.args, REVISION: `bench-${round++}` } }),
    );
    await docker(["image", "rm", request.tags[0]]);
    rows.push(
      {
        bench: "build",
        what: `todo-${component}: built with an empty layer cache`,
        measured: spread(uncached),
        runs: 1,
      },
      {
        bench: "build",
        what: `todo-${component}: built again, only its label changed`,
        measured: spread(cached),
        runs: 3,
      },
    );
  }
  return rows;
};
