import { type Check, fail, ok } from "../types.ts";

export const os: Check = {
  id: "os",
  title: "Operating system",
  async run({ machine }) {
    if (machine.system === "other") {
      return fail("TF1114", `${machine.name} ${machine.arch}`, [
        "wsl --install",
        "# open the repo inside WSL 2 and run `npm run up` there",
      ]);
    }
    return ok(`${machine.name}, ${machine.arch}${machine.system === "wsl" ? ", WSL 2" : ""}`);
  },
};
