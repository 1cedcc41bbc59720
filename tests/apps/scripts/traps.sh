trap 'echo exit $?' EXIT
trap 'echo err $LINENO' ERR
trap 'echo usr1' USR1
trap 'echo dbg $BASH_COMMAND' DEBUG
false
kill -USR1 $$
trap - DEBUG
( trap 'echo sub exit' EXIT
exit 3 )
function f ()
{
    trap 'echo return' RETURN
    return 2
}
f
trap -p | sort
trap '' INT
kill -INT $$
echo survived
bash -c 'trap "echo term; exit 5" TERM; kill $$; sleep 1'
echo $?
( trap 'echo chld' CHLD
set -m
true & wait )
bash -c 'trap "echo hup" HUP; kill -HUP $$; echo after'
sh -c 'trap "echo x" EXIT; exec true'
set -E
function g ()
{
    false
}
g
bash -c 'kill -SEGV $$'
echo $?
bash -ec 'trap "echo e" ERR; false; echo no'
trap 'echo bye' EXIT
trap -l | head -2
trap 'echo alrm' ALRM
kill -ALRM $$
( sleep 0.2
kill -USR1 $$ ) & wait
echo waited $?
wait
exit 4
