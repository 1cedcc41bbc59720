mkdir -p a/b
echo 1 > a/f
echo 2 > a/b/g
ln -s f a/l
ln a/f a/h
mkfifo a/p
cp -r a c
ls -l c | awk '{print $1,$NF}'
cp -dR a e
ls -l e | awk '{print $1,$2,$NF}'
cp -L a/l m
stat -c %F m
cp -P a/l n
stat -c %F n
cp --parents a/b/g e
find e | sort
cp -b a/f m
ls
cp --backup=numbered a/f m
cp -S .bak -b a/f m
ls
cp -u a/f m
cp -i a/f m < /dev/null
cp -f a/f m
cp -s "$PWD/a/f" sym
readlink sym | sed "s|$PWD||"
cp -t c a/f m
cp -x a/f q
cp -T a z
ls z
cp a x 2>&1
echo $?
cp -r a a/b 2>&1
echo $?
cp a/f a/f
echo $?
cp --attributes-only a/f t
wc -c t
cp -v --remove-destination a/f t
cp --sparse=never a/f u
cp a/f nodir/
echo $?
cp --no-preserve=mode a/f w
cp --strip-trailing-slashes a/f/ y
echo $?
