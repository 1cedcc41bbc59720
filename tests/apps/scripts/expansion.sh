a=/usr/lib/foo.tar.gz
echo ${a#*/} ${a##*/} ${a%.*} ${a%%.*} ${a/o/0} ${a//o/0} ${a/#\/usr/X} ${a/%gz/bz} ${#a} ${a:5:3} ${a: -3} ${a^} ${a^^[f]} ${a,,} ${nope:-def} ${nope:=set} $nope ${a:+alt}
( echo ${un:?message} )
echo $?
b=(one two three)
echo ${b[@]:1} ${#b[@]} ${!b[@]} ${b[-1]} ${b[@]/o/0}
b+=(four)
unset b[0]
echo ${!b[@]}
declare -A h=([x]=1 [y]=2)
h[z]=3
for k in "${!h[@]}"
do
    echo $k=${h[$k]}
done | sort
[[ -v h[x] ]] && echo has
unset h[x]
echo ${#h[@]}
n=a
echo ${!n}
echo {1..5} {a..e..2} {01..03} x{a,b}y
echo $((2**10)) $((7/2)) $((-7%3)) $((0x1f)) $((2#101)) $((a=5,a++)) $a $((1<2?3:4)) $((~5)) $((1<<4|1))
echo $((1/0))
echo $?
let x=3*4
echo $x
((x>5)) && echo gt
[[ abc == a* ]] && echo glob
[[ abc =~ ^(a)(b)?(c)$ ]] && echo ${BASH_REMATCH[@]}
[[ a < b && ! -e nofile ]] && echo cond
shopt -s extglob nullglob globstar dotglob
touch a.c b.c c.h .hid
mkdir -p d/e
touch d/e/x.c
echo *.@(c|h) !(*.c) **/*.c *.zzz ?(a|b).c +([a-z]).h
shopt -u nullglob
echo *.zzz
shopt -s failglob
echo *.zzz
echo $?
declare -i i=5+5
echo $i
declare -r ro=1
ro=2
echo $?
declare -l low=ABC
echo $low
declare -n ref=a
ref=9
echo $a
declare -p i low
printf '%s\n' "${@:-none}"
set -- a 'b c' d
echo $# "$*"
for x in "$@"
do
    echo "<$x>"
done
shift 2
echo $1
IFS=,
echo "$*"
set -- x y
echo "$*"
unset IFS
echo "${b[*]@Q}"
echo ${a@A} 'Aé	|' "loc"
echo ~root ~+ | sed "s|$PWD|W|"
v=$(< a.c)
echo `echo back`
echo "$(echo "nested $(echo deep)")"
select s in x y
do
    echo $REPLY $s
    break
done <<< 2
case abc in
    a*)
        echo 1
    ;;&
    *c)
        echo 2
    ;&
    x)
        echo 3
    ;;
esac
