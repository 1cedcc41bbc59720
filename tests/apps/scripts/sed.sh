# needs: sed
seq 10 > f
sed -n '2,4p;$=' f
sed '2!d' f
sed '3q5' f
echo $?
sed '0~3d' f
sed '2~4s/^/x/' f
sed '/3/,/5/{/4/!d}' f
sed '2,+2d' f
sed '/8/,~4d' f
sed -e '1i\' -e 'top' -e '$a bottom' -e '5c five' f
sed 'N;N;s/\n/,/g' f
sed -n 'H;${x;s/\n/-/g;p}' f
sed ':a;N;$!ba;s/\n/+/g' f
sed 'y/123/abc/' f
sed -E 's/([0-9])([0-9])/\2\1/' f
sed 's/1/[&]/2g' <<< 1111
sed 's/x/\n/;s/.*/\U&/;s/B/\l&/' <<< axb
sed -n '/5/{=;l;p}' f
sed -i.bak 's/1/one/' f
ls
cat f
sed -s -n '$p' f f.bak
sed 'w out' f > /dev/null
cat out
sed 'r out' <<< x
sed 'R out' <<< 'x
y'
sed -z 's/\n/,/g' f
echo
sed 's/a/b/;ta;s/$/ no/;b;:a;s/$/ yes/' <<< 'a
c'
sed 'e echo run' <<< x
sed 's/.*/echo &/e' <<< hi
sed -f <(echo p) <<< x
sed --debug -n p <<< x
sed 's/a' f
echo $?
sed k f
echo $?
sed -n 5p nofile
echo $?
sed --posix 's/\n/x/' f | head -1
sed -u 1q f
sed 'D' <<< x
sed '1~0p' <<< '1
2'
sed -n 'F' f
sed 'z;s/^$/empty/' <<< x
sed '$!{h;d};G' <<< '1
2'
sed 's/\(a\|b\)*/X/g' <<< aabbc
sed 's/b*/x/g' <<< abc
sed = f | sed 'N;s/\n/ /' | head -2
sed -i 2d nofile
echo $?
