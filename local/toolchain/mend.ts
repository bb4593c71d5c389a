/** The commands by which a person gets a tool onto this system. */
import { fill, type ToolSpec } from "./specs.ts";

/** Homebrew's name of a program, where it is another one. */
const formulae: Readonly<Record<string, string>> = {
  dockle: "goodwithtech/r/dockle",
  kubectl: "kubernetes-cli",
};

/** Lines for this platform, one below the other. */
export function mend(spec: ToolSpec, platform: NodeJS.Platform = process.platform): string {
  const url = fill(spec.release.url, spec.version);
  if (platform === "darwin") {
    return `brew install ${formulae[spec.program] ?? spec.program}`;
  }
  const member = spec.release.member && fill(spec.release.member, spec.version);
  const folder = "mkdir -p ~/.local/bin";
  if (!member) {
    const file = `~/.local/bin/${spec.program}`;
    return `${folder} && curl -fsSLo ${file} ${url} && chmod +x ${file}   # and ~/.local/bin on PATH`;
  }
  const strip = member.split("/").length - 1;
  const depth = strip > 0 ? ` --strip-components=${strip}` : "";
  return `${folder} && curl -fsSL ${url} | tar -xz -C ~/.local/bin${depth} ${member}   # and ~/.local/bin on PATH`;
}
