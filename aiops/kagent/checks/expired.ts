import { containerFinding, logEvidence } from "./finding.ts";
import { containers, logOf, podRef } from "./pods.ts";
import type { Check } from "./types.ts";

const certificate =
  /x509: certificate has expired|certificate has expired|CERT_HAS_EXPIRED|(?:alert|certificate) (?:certificate )?expired/i;
const token =
  /\bjwt expired\b|TokenExpiredError|ExpiredSignatureError|Signature has expired|token (?:is|has) expired|"exp" claim timestamp check failed/i;

/** Users' sessions run out all the time: that many lines at least before an expired token is a fault of the app. */
const manyTokens = 3;

/** F22: a certificate that a container was shown, or a token that it shows, has expired. */
export const expired: Check = (snapshot) =>
  containers(snapshot).flatMap((container) => {
    const lines = logOf(snapshot, container);
    const certificates = lines.filter((line) => certificate.test(line));
    const tokens = lines.filter((line) => token.test(line));
    const { ready } = container.status;
    const object = podRef(container.pod, container.name);
    const severity = ready ? "warning" : "error";
    const last = (found: string[]) => [logEvidence(object, found.slice(-1))];
    return [
      ...(certificates.length > 0
        ? [
            containerFinding("TF1537", container, {
              what: `${container.name} was shown a certificate that has expired.`,
              severity,
              evidence: last(certificates),
            }),
          ]
        : []),
      ...(tokens.length >= (ready ? manyTokens : 1)
        ? [
            containerFinding("TF1538", container, {
              what: `${container.name} meets a token that has expired (${tokens.length} of its last lines say so).`,
              severity,
              definite: false,
              evidence: last(tokens),
            }),
          ]
        : []),
    ];
  });
