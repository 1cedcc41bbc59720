printf 'foo\nbar\nFoo bar\nfoobar\n\nbaz foo baz\n' > f
grep -c foo f
grep -v foo f
grep -i -n foo f
grep -w foo f
grep -x foo f
grep -o 'b[a-z]*' f
grep -b foo f
grep -A1 -B1 bar f
grep -C1 --no-group-separator baz f
grep -m1 foo f
grep -e foo -e baz f
grep -f <(echo bar) f
grep -l foo f f
grep -L zzz f
grep -h foo f f
grep -H foo f
grep -q foo f
echo $?
grep -s foo nofile
echo $?
grep foo nofile
echo $?
grep -E '^(foo|bar)+$' f
grep -P '(?<=foo )b\w+' f
grep -oP '\bb\K\w' f
grep -F 'o b' f
grep -G 'o\{2\}' f
grep '\(o\)\1' f
grep -z bar f | od -c | head -2
mkdir d
cp f d
grep -r foo d
grep -rn --include='*.c' foo d
echo $?
grep --color=always foo f | od -c | head -3
grep -a ELF /bin/true | head -c 4 | od -c
grep ELF /bin/true
grep -I ELF /bin/true
echo $?
grep '[' f
echo $?
grep -E 'a{1' f
echo $?
grep -T -n foo f
grep -Z -l foo f | od -c
grep -n '' f
grep -vn . f
grep --line-buffered foo < f
grep foo .
grep -d skip foo .
echo $?
seq 100000 | grep -c '[13579]$'
egrep x f
fgrep x f
zgrep foo <(gzip -c f)
