coproc CP {
    while read l; do
        echo "got $l"
    done
}
echo one >&${CP[1]}
read r <&${CP[0]}
echo $r
eval "exec ${CP[1]}>&-"
wait $CP_PID
echo $?
mapfile -t a < <(seq 5)
echo ${#a[@]} ${a[4]}
mapfile -n 2 -s 1 -O 3 b <<< 'a
b
c
d'
declare -p b
mapfile -d '' z < <(printf 'x\0y\0')
declare -p z
function cb ()
{
    echo "cb $1 $2"
}
mapfile -c 2 -C cb -t q < <(seq 5)
readarray -u 3 w 3< <(echo hi)
echo "${w[0]}"
printf '%q %s %b %(%F)T %05d %x %c|%-5s|%5.2f\n' "a b'c" x 'a\tb' 0 42 255 hello ab 3.14159
printf -v v '%s-' a b c
echo $v
printf '%s %d\n' a 1 b 2
printf '%d\n' abc
echo $?
printf '%n'
echo $?
echo ${v@Q} ${v^^} ${v@U}
printf '%q\n' '
' '' '~' 'é'
