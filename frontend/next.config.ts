import type { NextConfig } from "next";
import { sourceHash } from "./scripts/sourceHash";

// This folder is a project of its own; without it Next.js would take the lockfile above it for the root.
const root = import.meta.dirname;

const config: NextConfig = {
  output: "standalone",
  outputFileTracingRoot: root,
  turbopack: { root },
  poweredByHeader: false,
  reactStrictMode: true,
  images: { unoptimized: true },
  // '*' is the one key that also reaches the trace of the server itself.
  outputFileTracingExcludes: {
    "*": [
      // Images are served as they are.
      "node_modules/sharp/**",
      "node_modules/@img/**",
      // 4 MB of metrics for next/font, which is used while building if at all.
      "node_modules/next/dist/server/capsize-font-metrics.json",
    ],
  },
  // The container's root file system is read-only.
  experimental: { isrFlushToDisk: false },
  // The same sources make the same build; a browser that holds an older one sees the difference.
  generateBuildId: () => sourceHash(root),
  headers: async () => [
    {
      source: "/:path*",
      headers: [
        { key: "X-Content-Type-Options", value: "nosniff" },
        { key: "X-Frame-Options", value: "DENY" },
        { key: "Referrer-Policy", value: "strict-origin-when-cross-origin" },
        { key: "Permissions-Policy", value: "camera=(), microphone=(), geolocation=()" },
        { key: "Cross-Origin-Opener-Policy", value: "same-origin" },
      ],
    },
  ],
};

export default config;
