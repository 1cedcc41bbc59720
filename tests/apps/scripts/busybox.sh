# needs: busybox
b="busybox"
seq 10 > f
for a in 'ls' 'cat f' 'head -n2 f' 'tail -n2 f' 'wc f' 'sort -r f' 'md5sum f' 'sha256sum f' 'grep 1 f' 'sed s/1/x/ f' 'awk {s+=$1}END{print+s} f' 'tr 1 x' 'cut -c1 f' 'uniq f' 'od -c f' 'hexdump f' 'xxd f' 'base64 f' 'cksum f' 'expr 1 + 2' 'seq 3' 'factor 12' 'date -u -d @0' 'stat -c %s f' 'du f' 'df .' 'find .' 'basename /a/b' 'dirname /a/b' 'printf %s\n a' 'env -i A=1' 'id -u' 'whoami' 'uname -s' 'gzip -k f' 'bzip2 -k f' 'tar tf nofile' 'cpio -t' 'unzip nofile' 'dc -e 2_3*p' 'bc' 'cal 2 2024' 'ps' 'free' 'uptime' 'which ls' 'nosuch' 'vi -H' 'diff f f' 'cmp f f' 'comm f f' 'paste f f' 'tac f' 'rev f' 'shuf -n0 f' 'tee x' 'yes' 'timeout 1 true' 'nice' 'mktemp -u' 'readlink -f f' 'realpath .' 'sleep 0' 'test 1' 'true' 'false' 'usleep 1' 'dd if=f bs=5 count=1' 'split f' 'expand f' 'fold -w1 f' 'nl f' 'strings f' 'logname' 'tty' 'ipcalc 1.2.3.4/8' 'crc32 f' 'lzop' 'xz -h'
do
    echo "== $a"
    set -f
    case $a in
        ls | find* | ps | free | uptime | df* | mktemp* | yes | du* | realpath* | unzip*)
            timeout 5 $b $a 2>&1 < /dev/null | head -n 3 | wc -l
        ;;
        *)
            timeout 5 $b $a < /dev/null 2>&1 | head -n 15
        ;;
    esac
done
busybox sh -c 'for i in 1 2 3; do echo $i; done | while read x; do echo "r $x"; done; trap "echo t" EXIT; a=$((1+2)); echo ${a#3} ${#a}; f() { local b=1; return 4; }; f; echo $?; [ -f f ] && echo yes; sleep 0.1 & wait $!; echo $?'
rm f.gz f.bz2
