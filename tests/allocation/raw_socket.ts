/**
 * Sockets with the options that the run time has no switch for, made by the C library. For Linux.
 *
 * @module
 */

/** How to make a socket. */
export interface RawSocketOptions {
  readonly protocol: "tcp" | "udp";
  readonly address: string;
  /** Any free one unless given. */
  readonly port?: number;
  readonly reuseAddress?: boolean;
  readonly ipv6Only?: boolean;
  /** Bound only, if not. */
  readonly listening?: boolean;
}

/** A socket of the C library; leaving the scope closes it. */
export interface RawSocket extends Disposable {
  readonly port: number;
}

// The words of Linux's headers.
const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
/** Keeps programs that a test starts from holding the socket too. */
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;

/** Makes and binds a socket. */
export function openRawSocket(options: RawSocketOptions): RawSocket {
  const { protocol, address, port = 0, reuseAddress = false, ipv6Only = false } = options;
  using libc = new Libc();
  const family = address.includes(":") ? AF_INET6 : AF_INET;
  const type = protocol === "tcp" ? SOCK_STREAM : SOCK_DGRAM;
  const fd = libc.call("socket", family, type | SOCK_CLOEXEC, 0);
  const setOption = (level: number, name: number, isOn: boolean) =>
    libc.call("setsockopt", fd, level, name, new Int32Array([isOn ? 1 : 0]), 4);
  setOption(SOL_SOCKET, SO_REUSEADDR, reuseAddress);
  if (family === AF_INET6) setOption(IPPROTO_IPV6, IPV6_V6ONLY, ipv6Only);
  const name = socketName(libc, family, address, port);
  libc.call("bind", fd, name, name.length);
  if (options.listening ?? protocol === "tcp") libc.call("listen", fd, 1);
  libc.call("getsockname", fd, name, new Int32Array([name.length]));
  return { port: new DataView(name.buffer).getUint16(2), [Symbol.dispose]: () => close(fd) };
}

/** `sockaddr_in` or `sockaddr_in6`. */
function socketName(libc: Libc, family: number, address: string, port: number) {
  const name = new Uint8Array(family === AF_INET ? 16 : 28);
  const view = new DataView(name.buffer);
  view.setUint16(0, family, true);
  view.setUint16(2, port);
  const text = new TextEncoder().encode(`${address}\0`);
  libc.call("inet_pton", family, text, name.subarray(family === AF_INET ? 4 : 8));
  return name;
}

function close(fd: number): void {
  using libc = new Libc();
  libc.call("close", fd);
}

const SYMBOLS = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  listen: { parameters: ["i32", "i32"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  inet_pton: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
} as const;

class Libc implements Disposable {
  readonly #library = Deno.dlopen("libc.so.6", SYMBOLS);

  call(name: keyof typeof SYMBOLS, ...args: (number | Uint8Array | Int32Array)[]): number {
    const call = this.#library.symbols[name] as (...args: unknown[]) => number;
    const result = call(...args);
    if (result === -1) throw new Error(`${name} failed`);
    return result;
  }

  [Symbol.dispose](): void {
    this.#library.close();
  }
}
