diff <(seq 3) <(seq 4)
tee >(wc -l > n) >(tr 1 x > m) < <(seq 12) > /dev/null
sleep 0.5
cat n m
exec 5> f
echo five 1>&5
exec 5>&-
cat f
exec 6<> f
read l 0<&6
echo $l
echo more 1>&6
cat f
exec 6>&-
{
    echo o
    echo e 1>&2
} > both 2>&1
cat both
{
    echo o
    echo e 1>&2
} &> b2
cat b2
echo a >> f
cat f
set -C
echo x > f
echo $?
echo y >| f
cat f
set +C
exec {fd}< f
echo $((fd >= 10))
read l <&$fd
echo $l
exec {fd}>&-
cat 3< f 0<&3
echo x 2>&1 > /dev/null
ls nofile 2>&1 | wc -l
ls nofile 2>&1 | wc -l
cat <<< "here $((1+1))"
cat <<-X
tab stripped
X

cat <<'Y'
$no
Y

exec 3>&1 4>&2
exec > out 2> err
echo to out
echo to err 1>&2
exec 1>&3 2>&4
cat out err
echo x > /dev/fd/1
echo 1>&9
echo $?
: > dir/x
echo $?
while read -r a b; do
    echo "$b $a"
done < <(printf '1 2\n3 4\n')
read -t 0.1 x < <(sleep 1)
echo $?
read -n 2 x <<< abc
echo $x
read -d, x <<< a,b
echo $x
read -N 3 x <<< 'a
bc'
echo "$x"
read -ra arr <<< 'x y z'
echo ${arr[2]}
IFS=: read a b c <<< 1:2:3:4
echo $c
read -s x <<< q
read -p prompt x <<< w
echo $x
coproc COPROC cat
kill $COPROC_PID
wait
true > >(cat)
echo 1 | {
    read x
    echo $x
}
