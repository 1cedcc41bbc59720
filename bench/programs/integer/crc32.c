// CRC-32 of N KiB, a byte at a time: a table look-up that each step waits for.
#include "../bench.h"
#include <stdint.h>
int main(int argc, char **argv) {
  long n = bench_size(argc, argv);
  static uint32_t table[256];
  static unsigned char data[1024];
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t c = i;
    for (int k = 0; k < 8; k++) c = c & 1 ? 0xedb88320u ^ c >> 1 : c >> 1;
    table[i] = c;
  }
  for (int i = 0; i < 1024; i++) data[i] = (unsigned char)(i * 13 + (i >> 3));
  uint32_t crc = ~0u;
  for (long k = 0; k < n; k++)
    for (int i = 0; i < 1024; i++) crc = table[(crc ^ data[i]) & 255] ^ crc >> 8;
  bench_report(n);
  printf("%08x\n", ~crc);
}
