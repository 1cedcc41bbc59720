// The few numbers of <fcntl.h> and <sys/stat.h> that pipes and terminals need.
export const O_ACCMODE = 3, O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2;
export const O_NOCTTY = 0o400, O_NONBLOCK = 0o4000, O_DIRECT = 0o40000, O_CLOEXEC = 0o2000000;
export const S_IFIFO = 0o010000,
  S_IFCHR = 0o020000,
  S_IFDIR = 0o040000,
  S_IFREG = 0o100000,
  S_IFSOCK = 0o140000;
export const FIONREAD = 0x541b, TIOCOUTQ = 0x5411;
