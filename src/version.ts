/** The version of trop; a test keeps it equal to the one in `deno.json`. */
export const VERSION = "0.3.0";

/** The commit that this was built from; all zeros in the source, where a build puts it in. */
export const COMMIT = "0000000000000000000000000000000000000000";
