printf 'b;3\na;10\nc;2\nA;2\n' > f
sort -t';' -k2,2n -k1,1 f
sort -f f
sort -n -t';' -k2 -s f
sort -r f
sort -M <<< 'Mar
Jan
Feb'
sort -g <<< '1e3
2
-inf
nan'
sort -o f f
cat f
sort -m f f
sort -z < <(printf 'b\0a\0') | od -c
sort -k
echo $?
sort --check=quiet f
echo $?
sort -C <<< 'b
a'
echo $?
sort -u -k1,1 -t';' f
sort -d f
sort -b f
sort --debug f 2>&1 | head -3
sort -T /nonexistent -S 10k <(seq 100000 | tac) | tail -1
echo ${PIPESTATUS[*]}
