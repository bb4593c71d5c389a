import { appendFile, cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildRequest } from "../../components/builtImage.ts";
import { imageSpecs } from "../../components/imageBuild.ts";
import { ensureBases } from "../../local/baseImages/index.ts";
import { buildImage, docker } from "../../local/docker.ts";
import { repoRoot } from "../../local/paths.ts";
import { type Bench, type Row, spread, timed } from "./measure.ts";

/** A source file of each image; a line is added to it, as after an edit. */
const edited = { frontend: "app/error.tsx", backend: "app/tasks/store.py" } as const;

/** Each image without Docker's layer cache (the package managers' download caches stay), and after one edited line. */
export const imageBuild: Bench = async (report) => {
  const specs = imageSpecs({ version: "v1.0.0", bases: await ensureBases(report) });
  const rows: Row[] = [];
  for (const component of ["frontend", "backend"] as const) {
    const spec = specs[component];
    const folder = await mkdtemp(join(tmpdir(), "build-"));
    const context = join(folder, component);
    const request = {
      ...buildRequest(spec),
      context,
      dockerfile: join(context, "Dockerfile"),
      tags: [`${spec.repository}:bench`] as [string],
      report,
    };
    try {
      await cp(join(repoRoot, spec.context), context, { recursive: true });
      const uncached = await timed(2, () => buildImage({ ...request, noCache: true }));
      const edit = await timed(
        3,
        () => buildImage(request),
        () =>
          appendFile(
            join(context, edited[component]),
            `${component === "backend" ? "#" : "//"} ${Math.random()}\n`,
          ),
      );
      rows.push(
        {
          bench: "build",
          what: `todo-${component}: built without layer cache`,
          measured: spread(uncached, "s", 1),
          runs: 2,
        },
        {
          bench: "build",
          what: `todo-${component}: built after one edited line`,
          measured: spread(edit, "s", 1),
          runs: 3,
        },
      );
    } finally {
      await docker(["image", "rm", request.tags[0]]);
      await rm(folder, { recursive: true, force: true });
    }
  }
  return rows;
};
