/**
 * Where an image comes from, as an in-toto statement with a SLSA provenance predicate. Written by whoever built it and
 * signed by nobody: it tells what went in, and proves nothing to one who does not trust the file.
 */

export interface BuildFacts {
  ref: string;
  /** `sha256:` + 64 hex. */
  id: string;
  /** Folder of the build context and the Dockerfile, relative to the repo. */
  context: string;
  dockerfile: string;
  target: string;
  platform: string;
  args: Readonly<Record<string, string>>;
  /** Base images by the name of their build arg: the ref, and the ID that it has here. */
  bases: Readonly<Record<string, { ref: string; id: string }>>;
  /** Absent outside a git checkout. */
  source?: { commit: string; changed: boolean };
}

const digest = (id: string): { sha256: string } => ({ sha256: id.replace(/^sha256:/, "") });

/** The digest that a ref is pinned to; a local base's ID, where it is named by a tag. */
const digestOf = ({ ref, id }: { ref: string; id: string }): { sha256: string } =>
  digest(/@(sha256:[0-9a-f]{64})$/.exec(ref)?.[1] ?? id);

/** The statement, as it is written to a file; pure. */
export function provenance(facts: BuildFacts): object {
  const { ref, id, context, dockerfile, target, platform, args, bases, source } = facts;
  return {
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ name: ref, digest: digest(id) }],
    predicateType: "https://slsa.dev/provenance/v1",
    predicate: {
      buildDefinition: {
        buildType: "https://mobyproject.org/buildkit@v1",
        externalParameters: { context, dockerfile, target, platform, args },
        resolvedDependencies: [
          ...Object.entries(bases).map(([name, base]) => ({
            name,
            uri: `docker-image://${base.ref}`,
            digest: digestOf(base),
          })),
          ...(source
            ? [
                {
                  name: "source",
                  digest: { gitCommit: source.commit },
                  // What was built may differ from that commit; REVISION among the args is a hash over what it was.
                  annotations: { changed: source.changed },
                },
              ]
            : []),
        ],
      },
      runDetails: { builder: { id: "urn:taskflow:unsigned-build-on-a-developers-machine" } },
    },
  };
}
