// Files that are mapped, cut off or removed, written anew and mapped again: a mapping shows what the file holds then.
#include "t.h"
static void show(const char *what) {
  int f = open("x", O_RDONLY); char *p = mmap(0, 4096, PROT_READ, MAP_PRIVATE, f, 0); close(f); printf("%s: %.5s\n", what, p); munmap(p, 4096);
}
static void put(const char *name, const char *text, int flags) { int f = open(name, O_WRONLY | O_CREAT | flags, 0644); write(f, text, 5); close(f); }
int main(void) {
  put("x", "first", 0); show("new");
  put("x", "again", O_TRUNC); show("cut off and written");
  for (int i = 0; i < 5; i++) { char text[9]; sprintf(text, "file%d", i); unlink("x"); put("x", text, 0); show("another file of the name"); }
  for (int i = 0; i < 5; i++) { char text[9]; sprintf(text, "over%d", i); put("z", text, 0); rename("z", "x"); show("another file renamed over it"); }
  T(truncate("x", 2)); T(truncate("x", 4000)); put("x", "whole", 0); show("made long");
  T(truncate("x", 2)); T(truncate("x", 4000)); show("short and long");
}
