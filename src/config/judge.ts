/**
 * Everything that is wrong with one file, for whoever wants to mend it.
 *
 * @module
 */

import { compareByPlace, type Problem } from "./problem.ts";
import { checkFile, checkGroupUse } from "./rules.ts";
import { type FileIdentity, kindOf } from "./source.ts";

/** All problems of a file's text, in the order of their places; other layers play no part. */
export async function judgeFile(text: string, identity: FileIdentity): Promise<readonly Problem[]> {
  const { decodeConfig } = await import("./decode.ts");
  const { settings, problems } = await decodeConfig(text, identity);
  const broken = [...checkFile(settings, kindOf(identity.layer)), ...checkGroupUse(settings)];
  return [...problems, ...broken].toSorted(compareByPlace);
}
