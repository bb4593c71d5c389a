/** Before any e2e test: Docker answers (installed and started on Debian as root), as `npm run up` would see to it. */
import { readStack } from "../../cli/stackFile.ts";
import { preflight } from "../../local/doctor/index.ts";

export default async function setup(): Promise<void> {
  const { config } = await readStack({ stack: "dev" });
  await preflight({ config, yes: true, only: ["docker"], report: (line) => console.log(line) });
}
