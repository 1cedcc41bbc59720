( exit 3 ) & a=$!
( sleep 0.3
exit 4 ) & b=$!
wait -n
echo $?
wait -n
echo $?
wait -n
echo $?
wait $a
echo $?
wait 99999
echo $?
sleep 0.1 & wait -n -p who
[ $who = $! ] && echo same
for i in 1 2 3
do
    ( sleep 0.$i
    exit $i ) &
done
wait
echo $?
jobs
set -m
sleep 10 & jobs
kill -STOP %1
sleep 0.3
jobs
kill -CONT %1
kill %1
wait %1
echo $?
jobs
( sleep 0.1
exit 7 ) & fg %1
echo $?
sleep 5 & disown
jobs
kill $!
sleep 20 & kill -TERM -$!
wait $!
echo $?
set +m
{
    sleep 0.1
    echo x
} | cat & wait %%
echo $?
kill -l 15
kill -l TERM
kill -0 $$
echo $?
kill -0 99999
echo $?
suspend 2>&1
echo $?
