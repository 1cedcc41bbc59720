// /proc/net: the tables network tools read. There is a loopback interface and nothing is open but local sockets: headers only.

import { type NodeContext, ProcFile, StaticDirectory } from "./nodes.ts";
import type { ProcSource } from "./source.ts";

const line = (text: string, width: number) => text.padEnd(width) + "\n";

const TCP =
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
const TCP6 =
  "  sl  local_address                         remote_address                        st tx_queue rx_queue " +
  "tr tm->when retrnsmt   uid  timeout inode";
const UDP =
  "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref " +
  "pointer drops";
const UDP6 = TCP6 + " ref pointer drops";

const TABLES: Readonly<Record<string, string>> = {
  arp: "IP address       HW type     Flags       HW address            Mask     Device\n",
  dev: "Inter-|   Receive                                                |  Transmit\n" +
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls " +
    "carrier compressed\n" +
    "    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       " +
    "0          0\n",
  if_inet6: "00000000000000000000000000000001 01 80 10 80       lo\n",
  netlink: "sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n",
  packet: "sk               RefCnt Type Proto  Iface R Rmem   User   Inode\n",
  raw: line(UDP, 127),
  raw6: line(UDP6, 0),
  route: line("Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT", 127),
  sockstat:
    "sockets: used 0\nTCP: inuse 0 orphan 0 tw 0 alloc 0 mem 0\nUDP: inuse 0 mem 0\nUDPLITE: inuse 0\n" +
    "RAW: inuse 0\nFRAG: inuse 0 memory 0\n",
  tcp: line(TCP, 149),
  tcp6: line(TCP6, 0),
  udp: line(UDP, 127),
  udp6: line(UDP6, 0),
  wireless: "Inter-| sta-|   Quality        |   Discarded packets               | Missed | WE\n" +
    " face | tus | link level noise |  nwid  crypt   frag  retry   misc | beacon | 22\n",
};

const hex = (value: number, digits: number) => value.toString(16).toUpperCase().padStart(digits, "0");

/** Addresses in the kernel are nobody's business, here as in Linux. */
function unixTable(source: ProcSource): string {
  let text = "Num       RefCount Protocol Flags    Type St Inode Path\n";
  for (const { references, listening, type, state, ino, name } of source.unixSockets()) {
    text += `0000000000000000: ${hex(references, 8)} 00000000 ${listening ? "00010000" : "00000000"} ` +
      `${hex(type, 4)} ${hex(state, 2)} ${String(ino).padStart(5)}${name === undefined ? "" : ` ${name}`}\n`;
  }
  return text;
}

export function netDirectory(context: NodeContext, source: ProcSource, ino: number): StaticDirectory {
  const entries = new Map<string, ProcFile>();
  let next = ino + 1;
  for (const [name, text] of Object.entries(TABLES)) {
    entries.set(name, new ProcFile(context, next++, 0o444, { read: () => text }));
  }
  entries.set("unix", new ProcFile(context, next, 0o444, { read: () => unixTable(source) }));
  return new StaticDirectory(context, ino, () => entries);
}
