/** The version of trop; a test keeps it equal to the one in `deno.json`. */
export const VERSION = "0.3.0";
