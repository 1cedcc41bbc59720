// /proc/self/pagemap: which pages are there, private, shared or of a file.
#include "t.h"

static int fd;
static void show(const char *what, void *address, int pages) {
  uint64_t words[8] = {0};
  long n = pread(fd, words, pages * 8, (uintptr_t)address / 4096 * 8);
  printf("%s: %ld", what, n);
  // Present, and of a file or shared; who else has it, and whether it changed, is for the kernel to say.
  for (int i = 0; i < pages; i++) printf(" %d%d", (int)(words[i] >> 63), (int)(words[i] >> 61 & 1));
  puts("");
}

int main(void) {
  char buffer[16];
  fd = open("/proc/self/pagemap", O_RDONLY);
  IS(fd >= 0);
  T(open("/proc/self/pagemap", O_WRONLY) >= 0 && getuid());
  char *private = mmap(0, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  show("untouched", private, 4);
  private[4096] = 1;
  show("one written", private, 4);
  show("populated", mmap(0, 2 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0), 2);
  char *shared = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  shared[0] = 1;
  show("shared", shared, 1);
  munmap(private, 4096);
  show("unmapped", private, 2);
  show("nothing", 0, 2);
  T(pread(fd, buffer, 7, 0)); T(pread(fd, buffer, 8, 4));
  T(pread(fd, buffer, 8, 1L << 46));
  return 0;
}
