/** Through the real Pulumi CLI and its plugins, where they are there; otherwise reported as skipped, with the reason. */
import { describe, test } from "vitest";
import { pulumiCli } from "../../local/toolchain/index.ts";
import { lifecycle } from "./lifecycle.ts";

const cli = await pulumiCli();
if (cli.available) lifecycle("pulumi");
else {
  describe("with pulumi", () => {
    test.skip(`skipped: ${cli.reason}`, () => {});
  });
}
