set -u
( echo $undefined )
echo $?
set +u
set -o pipefail
false | true
echo $?
set +o pipefail
( set -e
false
echo no )
echo $?
( set -x
echo traced
a=1 ) 2>&1
( set -v
eval 'echo v' ) 2>&1
set -n 2> /dev/null
set +n
function f ()
{
    local x=1
    g
    echo $x
}
function g ()
{
    x=2
    echo ${FUNCNAME[@]} ${BASH_LINENO[0]}
    caller 0
}
f
function fact ()
{
    (($1<2)) && echo 1 || echo $(($1 * $(fact $(($1-1)))))
}
fact 6
function getopts_test ()
{
    local OPTIND o
    while getopts ':ab:c' o "$@"; do
        case $o in
            b)
                echo b=$OPTARG
            ;;
            \?)
                echo bad $OPTARG
            ;;
            :)
                echo miss $OPTARG
            ;;
            *)
                echo $o
            ;;
        esac
    done
    shift $((OPTIND-1))
    echo rest $*
}
getopts_test -a -b x -c y
getopts_test -q -b
type -t f ls cd if
type nosuch
echo $?
command -v ls
hash
hash ls
hash -t ls
alias ll='ls -l'
shopt -s expand_aliases
alias
unset -f f
f
echo $?
declare -F
declare -f g
export -f g
bash -c g | tail -1
env -i bash -c 'echo $PATH $PWD $SHLVL' | sed "s|$PWD|W|"
time true 2> /dev/null
TIMEFORMAT=%0R
time sleep 0.1
times | wc -l
ulimit -n
ulimit -Sn 100
ulimit -n
ulimit -f 1
dd if=/dev/zero of=big bs=1k count=5 2>&1
echo $?
ulimit -f unlimited
echo $?
ulimit -a | wc -l
enable -n echo
echo via
enable echo
builtin echo b
pushd / > /dev/null
pushd /usr
popd
dirs
cd - | sed "s|$PWD|W|"
cd nosuch
echo $?
CDPATH=/usr cd lib
pwd -P
umask -p
history | wc -l
fc -l 2>&1
bind -l 2> /dev/null | wc -l
complete -W 'a b' foo
compgen -W 'apple banana' a
compgen -c bas | sort | head -3
exec -a renamed bash -c 'echo $0'
