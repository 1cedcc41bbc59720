// tar, cpio, and the compressors, at every level that has its own code path; what one side packs the other unpacks.

import { compareScripts } from "../batch.ts";

const DATA = `
seq 1 20000 > text; head -c 100000 /bin/sh > binary; head -c 50000 /dev/zero > zeros; : > empty
`;
const roundTrip = (tool: string, levels: string, ext: string) =>
  `${DATA}
for f in text binary zeros empty; do for l in ${levels}; do
  ${tool} -c $l < $f > x.${ext} && ${tool} -dc < x.${ext} | cmp - $f && echo $f $l $(stat -c %s x.${ext}) $(md5sum < x.${ext})
done; done; rm x.${ext} text binary zeros empty
echo garbage | ${tool} -dc; echo $?
`;

compareScripts("archives", {
  "gzip": { script: roundTrip("gzip -n", "-1 -6 -9", "gz"), needs: ["gzip"] },
  "gzip on files": {
    script:
      `seq 1000 > f; touch -d @1000000 f; gzip -k f; gzip -l f.gz; gzip -t f.gz; zcat f.gz | tail -n 1; gunzip -c f.gz | cmp - f; gzip f; echo $?; rm f.gz; gzip f; ls; gzip -dv f.gz; stat -c %Y f; printf x >> f.z; zcat f.z; echo $?; zgrep -c 7 f; gzip -c f | head -c 20 > t.gz; gzip -t t.gz; echo $?`,
    needs: ["gzip"],
    seconds: 60,
  },
  "bzip2": { script: roundTrip("bzip2", "-1 -9", "bz2"), needs: ["bzip2"], seconds: 120 },
  "xz": { script: roundTrip("xz", "-0 -6", "xz"), needs: ["xz"], seconds: 180 },
  "xz with threads and checks": {
    script:
      `${DATA} xz -T2 -k -0 text; xz -l text.xz | tail -n 1 | awk '{print $1, $2}'; xz -t text.xz; for c in none crc32 crc64 sha256; do xz -0 -C $c -c text | xz -dc | cmp - text && echo $c; done; lzma -k -0 text; unlzma -c text.lzma | cmp - text; rm -f *`,
    needs: ["xz"],
    seconds: 120,
  },
  "zstd": {
    script: roundTrip("zstd -q --single-thread", "-1 -3 -9", "zst"),
    needs: ["zstd"],
    seconds: 120,
    stderr: false,
  },
  "zstd with threads": {
    script:
      `${DATA} zstd -q -T2 text; zstd -q -dc text.zst | cmp - text && echo same; zstd -q --long=20 -c binary | zstd -dc | cmp - binary && echo long; rm *`,
    needs: ["zstd"],
    seconds: 90,
  },
  "tar": {
    script: `
mkdir -p t/d; echo a > t/a; seq 1 1000 > t/d/seq; ln -s a t/l; ln t/a t/h; mkfifo t/p; chmod 4750 t/a; touch -h -d @1500000000 t/a t/d/seq t/l t/p t/d t
tar cf x.tar --sort=name t; tar tvf x.tar; mkdir o; tar xpf x.tar -C o; diff -r --no-dereference t/d o/t/d; stat -c '%n %a %h %Y' o/t/a o/t/h o/t/d; readlink o/t/l
for z in z j J --zstd; do tar c$(echo $z | tr -d -- -)f y t 2>/dev/null || tar --zstd -cf y t; tar tf y | sort | md5sum; done
tar xf x.tar t/d/seq -O | tail -n 1; tar rf x.tar /etc/hostname 2>&1; tar tf x.tar | tail -n 1; tar cf - t | tar xf - -C o --strip-components=1; ls o; tar xf nofile; echo $?; tar --exclude='d*' -cf z.tar t; tar tf z.tar | sort; rm x.tar y z.tar
`,
    needs: ["tar", "xz", "bzip2", "zstd"],
    seconds: 90,
  },
  "tar of many small files": {
    script:
      `mkdir t; i=0; while [ $i -lt 300 ]; do echo $i > t/f$i; i=$((i+1)); done; tar czf x.tgz t; rm -r t; tar xzf x.tgz; cat t/* | sort -n | md5sum; rm -r t x.tgz`,
    seconds: 120,
  },
  "tar of a long name, a sparse file and an incremental":
    `n=$(printf 'n%.0s' $(seq 1 150)); mkdir t; echo x > t/$n; truncate -s 1M t/sparse; echo end >> t/sparse; tar cSf x.tar t; tar xf x.tar -O t/sparse | md5sum; tar tf x.tar | awk '{print length}' | sort -n; tar --format=pax -cf y.tar t; tar tf y.tar | wc -l; rm -r t x.tar y.tar`,
  "cpio": {
    script:
      `mkdir d; echo a > d/f; find d | sort | cpio -o -H newc 2>/dev/null > x; cpio -t < x; mkdir o; cd o; cpio -id < ../x; cat d/f; rm ../x`,
    needs: ["cpio"],
  },
  "zip and unzip": {
    script:
      `mkdir d; seq 100 > d/f; zip -qr x.zip d; unzip -l x.zip | tail -n 1 | awk '{print $1, $2}'; mkdir o; unzip -q x.zip -d o; cmp d/f o/d/f && echo same; unzip -p x.zip d/f | tail -n 1; unzip -t x.zip | tail -n 1; rm x.zip`,
    needs: ["zip", "unzip"],
    mask: (text) => text,
  },
  "ar": { script: `echo a > a; echo b > b; ar rcD x.a a b; ar t x.a; ar p x.a b; md5sum x.a`, needs: ["ar"] },
}, { shell: "/bin/bash" });
