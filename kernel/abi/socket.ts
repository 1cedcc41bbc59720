// The numbers of <sys/socket.h> and <sys/un.h>.

export const AF_UNSPEC = 0, AF_UNIX = 1;
/** One more than the highest address family Linux knows. */
export const AF_MAX = 46;

export const SOCK_STREAM = 1, SOCK_DGRAM = 2, SOCK_RAW = 3, SOCK_SEQPACKET = 5;
/** One more than the highest socket type. */
export const SOCK_MAX = 11;
/** Of socket's type argument: the type itself. Above it are SOCK_NONBLOCK and SOCK_CLOEXEC, which are O_NONBLOCK and O_CLOEXEC. */
export const SOCK_TYPE_MASK = 0xf;

export const SHUT_RDWR = 2;
/** Most connections that listen(2) lets wait (/proc/sys/net/core/somaxconn). */
export const SOMAXCONN = 4096;
/** Datagrams that may wait at a socket (/proc/sys/net/unix/max_dgram_qlen). */
export const MAX_DGRAM_QLEN = 512;
/** Size of a socket's buffers (/proc/sys/net/core/wmem_default and rmem_default, and the …_max). */
export const SOCKET_BUFFER = 212992;

/** offsetof(struct sockaddr_un, sun_path), sizeof(struct sockaddr_un), sizeof(struct sockaddr_storage). */
export const SUN_PATH = 2, SOCKADDR_UN = 110, SOCKADDR_STORAGE = 128;

export const MSG_OOB = 1,
  MSG_PEEK = 2,
  MSG_CTRUNC = 8,
  MSG_TRUNC = 0x20,
  MSG_DONTWAIT = 0x40,
  MSG_WAITALL = 0x100,
  MSG_NOSIGNAL = 0x4000,
  MSG_WAITFORONE = 0x10000,
  MSG_CMSG_CLOEXEC = 0x4000_0000;

export const SOL_SOCKET = 1;
export const SCM_RIGHTS = 1, SCM_CREDENTIALS = 2;
/** Most descriptors in one message. */
export const SCM_MAX_FD = 253;

export const SO_DEBUG = 1,
  SO_REUSEADDR = 2,
  SO_TYPE = 3,
  SO_ERROR = 4,
  SO_DONTROUTE = 5,
  SO_BROADCAST = 6,
  SO_SNDBUF = 7,
  SO_RCVBUF = 8,
  SO_KEEPALIVE = 9,
  SO_OOBINLINE = 10,
  SO_NO_CHECK = 11,
  SO_PRIORITY = 12,
  SO_LINGER = 13,
  SO_BSDCOMPAT = 14,
  SO_REUSEPORT = 15,
  SO_PASSCRED = 16,
  SO_PEERCRED = 17,
  SO_RCVLOWAT = 18,
  SO_SNDLOWAT = 19,
  SO_RCVTIMEO_OLD = 20,
  SO_SNDTIMEO_OLD = 21,
  SO_PEERNAME = 28,
  SO_TIMESTAMP = 29,
  SO_ACCEPTCONN = 30,
  SO_SNDBUFFORCE = 32,
  SO_RCVBUFFORCE = 33,
  SO_PASSSEC = 34,
  SO_MARK = 36,
  SO_PROTOCOL = 38,
  SO_DOMAIN = 39,
  SO_RCVTIMEO_NEW = 66,
  SO_SNDTIMEO_NEW = 67;
