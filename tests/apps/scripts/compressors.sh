# needs: lz4 brotli lzip 7z unzip
seq 20000 > f
for c in lz4 'brotli -q 5' lzip; do $c -c f > g.z 2>/dev/null; md5sum < g.z; ${c%% *} -dc < g.z 2>/dev/null | cmp - f && echo same; done
7z a -bd a.7z f | grep -c Ok; rm f; 7z x -bd a.7z | grep -c Ok; md5sum f; 7z l a.7z | tail -n 1 | awk '{print $3, $5}'; 7z t a.7z | grep Ok
7z a -tzip b.zip f > /dev/null; unzip -l b.zip | tail -n 1; unzip -p b.zip | cmp - f; 7z a -ttar c.tar f > /dev/null; tar tvf c.tar | awk '{print $3, $6}'
lz4 -9 -q f; lz4 -t f.lz4 2>&1 | grep -c ok; lz4 -d nofile; echo $?; brotli -d nofile; echo $?; lzip -t nofile; echo $?; lzip -l < /dev/null; echo $?; unzip nofile; echo $?
head -c 1000 b.zip > cut.zip; unzip -t cut.zip > log 2>&1; echo $?
rm -f a.7z b.zip c.tar cut.zip log g.z f.lz4
