# needs: mawk gawk
for a in mawk gawk
do
    echo == $a
    printf 'a 1 x\nb 2 y\nc 3 z\n' | $a '{s+=$2; n[$1]=$2} END {print s, length(n); for (k in n) print k, n[k] | "sort"; close("sort"); print "done"}'
    echo a:b:c | $a -F: -v OFS=- '{$2="X"; print; print NF, $NF}'
    $a 'BEGIN {printf "%5.2f|%-5s|%05d|%x|%e|%c|%c\n", 3.14159, "ab", 42, 255, 12345, 65, "hello"}'
    $a 'BEGIN {print length("hello"), substr("hello", 2, 3), index("hello", "l"), toupper("a"), tolower("B"); print match("foobar", /o+/), RSTART, RLENGTH; s="aaa"; print gsub(/a/, "b&", s), s; n=split("a,b,c", p, ","); print n, p[3]; print sprintf("%d", 3.9), int(-3.9), 2^10, 7%3, 1e6, 1e20, 0.1+0.2, 100000*100000}'
    $a 'BEGIN {while (("echo a; echo b" | getline l) > 0) print "got", l; "date -d @0 -u +%F" | getline d; print d; system("exit 3"); print system("exit 3"); print "err" > "/dev/stderr"; print "x" > "o"; close("o"); while ((getline l < "o") > 0) print l; print ENVIRON["HOME"] != ""; printf "" | "cat"; exit 4} END {print "end"}'
    echo $?
    $a 'BEGIN{RS=""}{print NR": "$1}' <<< 'a
b

c'
    $a 'NR==FNR{a[$1];next} $1 in a' <(printf '1\n2\n') <(printf '2\n3\n')
    $a 'function f(n) {return n<2?n:f(n-1)+f(n-2)} BEGIN {print f(18)}'
    $a '/b/,/c/' <<< 'a
b
c
d'
    $a 'BEGIN {srand(1); x=rand(); print (x<1); print substr("x",0), 1==1.0, "a"<"b", "10"<"9", 10<9; print -3 % 2, 1/3; OFMT="%.2g"; print 3.14159; CONVFMT="%d"; a[12.7]=1; for (i in a) print i; delete a; print length(a)}'
    $a 'BEGIN {print 1/0}'
    echo $?
    $a '{'
    echo $?
    $a '{print $1' f
    echo $?
done 2>&1 | sed 's/0x[0-9a-f]*//'
