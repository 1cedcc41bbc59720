# needs: ed vim.tiny vim
printf 'a\nb\nc\n' > f
ed -s f <<'X'
1i
top
.
$a
bottom
.
2,3s/[ab]/X/
g/X/p
/c/
=
1,2m$
,n
w g
!echo shell
e nofile
H
q
X

echo $?
cat g
ed nofile <<< q
echo $?
vim.tiny -u NONE -es f <<'X'
%s/b/B/
g/a/normal Ohello
1,2t.
w! h
r !echo sh
wq! i
X

echo $?
cat h i
vi -u NONE -es -c 'norm ggdGihi' -c 'wq' f
cat f
vim -u NONE -es -c 'set nocp' -c 'let x = map([1,2], "v:val*2")' -c 'call writefile([string(x), strftime("%Y", 0), system("echo s")], "v")' -c 'qa!' 2> /dev/null
cat v
view --version | head -1
ex -s -u NONE f <<< '%p
q'
sed -i s/hi/ho/ f
cat f
red -s <<< '!ls'
echo $?
