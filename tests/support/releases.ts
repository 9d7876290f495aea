/**
 * A download server on this machine, with a release of stand-ins for the program.
 *
 * @module
 */

import { pack, SHARE_ARCHIVE } from "../../scripts/share_archive.ts";

/** What the server has under a name: the bytes, or an answer of the test's own. */
export type Asset = string | Uint8Array | (() => Response | Promise<Response>);

/** The files of a release, by name. */
export type Assets = Readonly<Record<string, Asset>>;

/** The kinds of machine that there are programs for, as the names of those end. */
export const TARGETS = ["linux-x64", "linux-arm64", "macos-x64", "macos-arm64"] as const;

/** What this machine gets. */
export const PROGRAM = `trop-${Deno.build.os === "darwin" ? "macos" : "linux"}-${
  Deno.build.arch === "aarch64" ? "arm64" : "x64"
}`;

/** A program that only knows its version; long enough to be cut short. */
export function standIn(version: string): string {
  return `#!/bin/sh\necho "trop ${version}"\nexit\n${"# padding\n".repeat(2000)}`;
}

/** All that a release has, with its checksums. */
export async function makeRelease(version: string): Promise<Record<string, Asset>> {
  const assets: Record<string, Asset> = { [SHARE_ARCHIVE]: await shareArchive() };
  for (const target of TARGETS) assets[`trop-${target}`] = standIn(version);
  return withSums(assets);
}

/** `assets` with the checksums that are right for them. */
export async function withSums(assets: Assets): Promise<Record<string, Asset>> {
  let sums = "";
  for (const [name, asset] of Object.entries(assets)) {
    if (typeof asset === "function" || name === "SHA256SUMS") continue;
    sums += `${await sha256(asset)}  ${name}\n`;
  }
  return { ...assets, SHA256SUMS: sums };
}

async function sha256(asset: string | Uint8Array): Promise<string> {
  const bytes = typeof asset === "string" ? new TextEncoder().encode(asset) : asset;
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(bytes))).toHex();
}

/** The files that completions and manual are installed as, below the prefix. */
export const SHARE_FILES = [
  "share/bash-completion/completions/trop",
  "share/fish/vendor_completions.d/trop.fish",
  "share/man/man1/trop-reserve.1",
  "share/man/man1/trop.1",
  "share/zsh/site-functions/_trop",
] as const;

/** An archive of {@linkcode SHARE_FILES}, and of one that no release has. */
function shareArchive(): Promise<Uint8Array> {
  const paths = [...SHARE_FILES, "share/elsewhere/surprise"];
  return pack(Object.fromEntries(paths.map((path) => [path, `for tests: ${path}\n`])));
}

/** Serves releases as a project's own page does: by version, and the newest one. */
export class ReleaseServer implements AsyncDisposable {
  /** The paths asked for, in order. */
  readonly requests: string[] = [];
  readonly #assets: ReadonlyMap<string, Asset>;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #abort = new AbortController();

  /** @param releases By version; the last one is the newest. */
  constructor(releases: Readonly<Record<string, Assets>>) {
    const assets = new Map<string, Asset>();
    for (const [version, release] of Object.entries(releases)) {
      for (const [name, asset] of Object.entries(release)) {
        assets.set(`/download/v${version}/${name}`, asset);
        assets.set(`/latest/download/${name}`, asset);
      }
    }
    this.#assets = assets;
    const { signal } = this.#abort;
    const options = { hostname: "127.0.0.1", port: 0, onListen: () => {}, signal };
    this.#server = Deno.serve(options, (request) => this.#answer(new URL(request.url).pathname));
  }

  /** What `--server` takes. */
  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  #answer(path: string): Response | Promise<Response> {
    this.requests.push(path);
    const asset = this.#assets.get(path);
    if (asset === undefined) return new Response("not here\n", { status: 404 });
    return typeof asset === "function" ? asset() : new Response(new Uint8Array(bytesOf(asset)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // An answer that a test never ends must not be waited for.
    this.#abort.abort();
    await this.#server.finished;
  }
}

/** The bytes of an asset. */
export function bytesOf(asset: string | Uint8Array): Uint8Array {
  return typeof asset === "string" ? new TextEncoder().encode(asset) : asset;
}
