seq 30 | tr '\n' ' ' > f
fold -w 20 f
echo
fold -b -w 11 f
echo
fmt -w 20 -t f
fmt -s -w 10 f
fmt -u f
pr -l 20 -h T -D DATE f
seq 20 | pr -2 -l 15 -t
seq 5 | pr -n -t -o 4
nl -b a -n rz -w 3 -s: -v 10 -i 5 <<< 'a

b'
printf '\\:\\:\\:\nh\n\\:\\:\nb\n\\:\nf\n' | nl -h a -f a
expand -t 2,4,8 <<< 'a	b	c	d'
unexpand --first-only <<< '        a       b'
