import { watchRollout } from "../../aiops/kagent/checks/index.ts";
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { components } from "../../components/chartValues.ts";
import type { KubeAccess } from "../../local/clusters/types.ts";
import type { Report } from "../../local/run.ts";
import type { Stack } from "../stackFile.ts";
