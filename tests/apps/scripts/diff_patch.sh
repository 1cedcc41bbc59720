# needs: diff patch
seq 20 > a
sed 's/5/five/; 12d; 20a new' a > b
diff a b
diff -u --label A --label B a b
diff -c --label A --label B a b
diff -y -W 30 a b
diff -q a b
diff -s a a
diff --normal -w a b
diff -e a b > ed
diff -n a b
diff -D X a b | head -12
diff --brief a nofile
echo $?
mkdir p q
cp a p
cp b q/a
touch p/x q/y
diff -r p q
diff -rN p q | wc -l
diff3 a b a
diff3 -m a b b | head -3
sdiff -s -w 40 a b
cmp a b
cmp -l a b | head -3
cmp -n 3 a b
echo $?
cmp -b a b
cmp a <(head -5 a)
diff --color=always -u --label A --label B a b | head -5 | od -c | head -4
diff <(printf 'a\r\n') <(printf 'a\n') --strip-trailing-cr
echo $?
diff -B <(printf 'a\n\n') <(printf 'a\n')
diff -i <(echo A) <(echo a)
diff /bin/true /bin/false
diff --side-by-side --suppress-common-lines a b
diff -u a b | sed 's/\t.*//' > pt
cp a c
patch c pt
cmp c b
patch -R c pt
cmp c a
patch --dry-run c pt
patch -p0 c < ed
echo $?
( echo 1
cat a ) > k
patch k pt
patch k pt < /dev/null
echo $?
ls
