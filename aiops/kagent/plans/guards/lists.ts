import { bounded, callTimeout, reasonOf } from "../../checks/api.ts";
import { all, type Page, pageSize } from "../../checks/gather.ts";
import type { NotChecked } from "../../checks/types.ts";
import { TaskFlowError } from "../../codes/index.ts";
import type { World } from "../actions/types.ts";

type List<T> = (
  page: { namespace: string; limit: number; _continue?: string },
  options: ReturnType<typeof bounded>,
) => Promise<Page<T>>;

/**
 * All objects of one kind in the namespace. A guard that cannot see them cannot say that a change is safe.
 * @throws TaskFlowError TF1724 where they can't be read, or are too many to be read.
 */
export async function listAll<T>(world: World, what: string, list: List<T>): Promise<T[]> {
  const notChecked: NotChecked[] = [];
  const { namespace, signal } = world;
  try {
    const items = await all(
      what,
      (next) => list({ namespace, limit: pageSize, ...next }, bounded(callTimeout, signal)),
      notChecked,
    );
    if (notChecked.length === 0) return items;
  } catch (error) {
    throw unseen(world, what, reasonOf(error), error);
  }
  throw unseen(world, what, notChecked[0]?.why ?? "");
}

const unseen = ({ namespace }: World, what: string, why: string, cause?: unknown): TaskFlowError =>
  new TaskFlowError("TF1724", {
    what: `${what} of namespace ${namespace}: ${why}`,
    values: { namespace },
    cause,
  });
