/**
 * Host names that tell the checkouts of one machine apart: browsers keep cookies by host and not by
 * port.
 *
 * @module
 */

import { type AbsolutePath, nativePaths } from "../domain/path.ts";
import { findCheckoutRoot } from "../git/find_checkout_root.ts";

/** The longest label of a host name. */
const MAX_LABEL_LENGTH = 63;
/** Two checkouts of one name share a host once in 16 million times. */
const HASH_LENGTH = 6;

/**
 * The host name of the checkout that `directory` lies in, or of the directory itself outside of
 * any: the same for all directories of the checkout, and for as long as it stays where it is.
 *
 * @param directory Best a physical path: another spelling of it is another host.
 */
export async function worktreeHost(directory: AbsolutePath): Promise<string> {
  const root = findCheckoutRoot(directory) ?? directory;
  return `${hostLabel(nativePaths.basename(root), await hash(root))}.localhost`;
}

/**
 * A label of a host name: letters, digits and single hyphens.
 *
 * @param name What is kept of it is for people.
 * @param hash What makes the label unique, in characters that a label may have.
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.equal(hostLabel("Shop_fix #42", "1a2b3c"), "shop-fix-42-1a2b3c");
 * assert.equal(hostLabel("商店", "1a2b3c"), "1a2b3c");
 * ```
 */
export function hostLabel(name: string, hash: string): string {
  const words = name.toLowerCase().split(/[^a-z0-9]+/).filter((word) => word !== "");
  const slug = words.join("-").slice(0, MAX_LABEL_LENGTH - hash.length - 1).replace(/-$/, "");
  return slug === "" ? hash : `${slug}-${hash}`;
}

async function hash(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  const hex = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0"));
  return hex.join("").slice(0, HASH_LENGTH);
}
