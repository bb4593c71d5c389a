/**
 * The files that kubectl-ai reads, as its source has them: type Options in cmd/main.go, Config in pkg/mcp/config.go with
 * AuthConfig in pkg/mcp/interfaces.go, CustomToolConfig in pkg/tools/custom_tool.go. Read at v0.0.28, the newest
 * release, and at main of 2025-12-18; what only main has is marked, as the release would drop it.
 */
import type { GoType } from "./goStruct.ts";

const strings: GoType = { list: "string" };

export const options: GoType = {
  struct: {
    llmProvider: "string",
    model: "string",
    skipPermissions: "bool",
    enableToolUseShim: "bool",
    quiet: "bool",
    mcpServer: "bool",
    mcpClient: "bool",
    externalTools: "bool",
    maxIterations: "int",
    mcpServerMode: "string",
    httpPort: "int",
    kubeConfigPath: "string",
    promptTemplateFilePath: "string",
    extraPromptPaths: strings,
    tracePath: "string",
    removeWorkDir: "bool",
    toolConfigPaths: strings,
    uiType: "string",
    uiListenAddress: "string",
    skipVerifySSL: "bool",
    resumeSession: "string",
    newSession: "bool",
    listSessions: "bool",
    deleteSession: "string",
    showToolOutput: "bool",
    // On main: sessionBackend, sandbox, sandboxImage.
  },
};

/** No json tags: Go's own names count, and `use_streaming`, `skip_verify`, `oauth` reach no field. */
export const mcpConfig: GoType = {
  struct: {
    Servers: {
      list: {
        struct: {
          Name: "string",
          Command: "string",
          Args: strings,
          Env: { map: "string" },
          URL: "string",
          Auth: {
            struct: {
              Type: "string",
              Username: "string",
              Password: "string",
              Token: "string",
              ApiKey: "string",
              HeaderName: "string",
            },
          },
          OAuthConfig: {
            struct: {
              ClientID: "string",
              ClientSecret: "string",
              TokenURL: "string",
              AuthURL: "string",
              Scopes: strings,
              RedirectURL: "string",
            },
          },
          Timeout: "int",
          UseStreaming: "bool",
          SkipVerify: "bool",
        },
      },
    },
  },
};

/** Likewise: the documented `command_desc` and `is_interactive` reach no field. */
export const customTools: GoType = {
  list: {
    struct: {
      Name: "string",
      Description: "string",
      Command: "string",
      CommandDesc: "string",
      IsInteractive: "bool",
    },
  },
};

/** A task of k8s-ai-bench (main.go of gke-labs/k8s-ai-bench, March 2026). */
export const evalTask: GoType = {
  struct: {
    setup: "string",
    verifier: "string",
    cleanup: "string",
    difficulty: "string",
    disabled: "bool",
    timeout: "string",
    expect: { list: { struct: { contains: "string", notContains: "string" } } },
    script: { list: { struct: { prompt: "string", promptFile: "string" } } },
    isolation: "string",
  },
};
