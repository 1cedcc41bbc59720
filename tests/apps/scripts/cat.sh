printf 'a\n\n\n\nb\tc\r\n\x01\x80\xff\n' > f
cat -s f
cat -E f
cat -T f
cat -v f
cat -b f
cat -et f
cat - f < /etc/hostname | wc -l
cat f nofile f
echo $?
cat .
echo $?
cat f >> f
echo $?
cat < f > g
cmp f g
