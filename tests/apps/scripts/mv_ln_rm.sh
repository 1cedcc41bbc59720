echo 1 > a
echo 2 > b
mv -n a b
ls
mv -b a b
ls
mv -f b c
mv -t . c 2>&1
mkdir d
mv -T c d
echo $?
mv --backup=t c d/
mv -u d/c e
mv -i e d < /dev/null
mv -v d f
mv f f/g
echo $?
ln -s x s
ln -sfn d s
ln -srf f/e rel
readlink rel
ln -v f/e hard
ln -t f hard
ls f
ln -b hard f/e
ln -L rel h2
ln -P rel h3
ls -l | awk '{print $1,$2,$NF}'
rm -i hard < /dev/null
rm -I f/* < /dev/null
rm -d f
echo $?
rm -v s
rm .
echo $?
rm -rf ./
echo $?
rm --one-file-system -r f
rm -- -x
echo $?
rm -r --preserve-root / 2>&1
echo $?
rm ''
echo $?
touch ro
chmod 400 ro
rm ro < /dev/null
ls
