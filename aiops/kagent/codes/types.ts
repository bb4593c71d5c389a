/**
 * The registry of codes: one entry for each thing that can go wrong, shared by the CLI's errors, the doctor
 * and the diagnosis. This package imports nothing from the rest of the repo, so the registry lives here.
 *
 * Adding one: an entry in the file of its area, and a page docs/runbooks/<CODE>.md whose title is
 * `# <CODE> <title>`; a test holds the two together.
 */
export interface CodeEntry {
  /** What this is, in a few words, without values. */
  title: string;
  /** Why it happens, one or two sentences. */
  cause: string;
  /**
   * What mends it: lines that can be pasted into a shell. A step that is no command begins with `# `.
   * `{name}` is replaced by a value of that name; without one it is shown as `<name>`. A line that begins with
   * `kubectl` is given the kubeconfig and context of the cluster it is about, where those are known.
   */
  fix: readonly string[];
}

/**
 * Fills the slots of fix lines. A value of several lines makes several lines.
 *
 * `fillFix(["helm history {release}"], { release: "todo-local" })` -> `["helm history todo-local"]`
 */
export function fillFix(lines: readonly string[], values: Readonly<Record<string, string>> = {}): string[] {
  return lines.flatMap((line) =>
    line.replace(/\{(\w+)\}/g, (_slot, name: string) => values[name] ?? `<${name}>`).split("\n"),
  );
}
