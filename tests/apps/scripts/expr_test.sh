expr 5 '*' 3
expr 10 / 3
expr 10 % 3
expr a \< b
expr 1 = 1 \& 2
expr 0 \| 5
expr substr hello 2 3
expr index hello l
expr match hello 'h.*l'
expr hello : '\(.\)'
expr 1 / 0
echo $?
expr a + 1
echo $?
expr
echo $?
expr 99999999999999999999 + 1
expr \( 1 + 2 \) \* 3
touch f
ln -s f l
mkfifo p
for t in -e -f -d -h -L -p -r -w -x -s -O -G -N -S -b -c -g -u -k
do
    for x in f l p . /dev/null nofile
    do
        /usr/bin/test $t $x
        printf $?
    done
done
echo
/usr/bin/test f -nt nofile
echo $?
/usr/bin/test f -ef l
echo $?
/usr/bin/[ 1 -eq 1 -a 2 -gt 1 ]
echo $?
/usr/bin/test 1 -eq x
echo $?
/usr/bin/[ a
echo $?
