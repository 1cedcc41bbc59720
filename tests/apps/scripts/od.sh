printf 'abcdefghijklmnop%.0s' 1 2 3 4 > f
od -v f
od -w8 -c f
od -j 10 -N 12 -x f
od -t x1z f
od -t d8 f
od -t fD f | head -2
od -An -tu4 f
od -s f
od -S 3 f
od --endian=big -tx2 f | head -2
od -t a f | head -1
od nofile
echo $?
od -t q f
echo $?
