printf 'a b\n"c d" e\\ f\n' | xargs -n1
printf 'a\nb\n' | xargs -L1 echo x
printf 'a,b,c' | xargs -d, -n1
seq 5 | xargs -n2 -t echo 2>&1
echo 'a "b' | xargs
echo $?
seq 3 | xargs -I% sh -c 'echo %; exit %'
echo $?
seq 3 | xargs -n1 sh -c 'exit 255'
echo $?
echo a | xargs -s 5 echo
echo $?
seq 3 | xargs -P3 -n1 -I{} sh -c 'sleep 0.{}; echo {}'
xargs -a <(echo q) echo
seq 100 | xargs -x -n 100 echo | wc
echo | xargs echo x
echo kill | xargs -n1 sh -c 'kill -9 $$'
echo $?
xargs --show-limits < /dev/null 2>&1 | wc -l
echo a b | xargs -E b echo
seq 2 | xargs -p -n1 echo < /dev/null
