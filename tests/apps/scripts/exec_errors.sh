# needs: busybox
printf '#!/bin/sh\necho $0 $*\n' > s
chmod +x s
./s a b
printf '#!/nosuch/interp\n' > t
chmod +x t
./t
echo $?
printf 'echo plain $1\n' > p
chmod +x p
./p x
printf '#!/usr/bin/env -S perl -w\nprint "perl @ARGV\\n"' > e
chmod +x e
./e 1 2
printf '#! /bin/echo  one two  \n' > o
chmod +x o
./o three
chmod -x s
./s
echo $?
./
echo $?
: > empty
chmod +x empty
./empty
echo $?
head -c 100 /bin/ls > trunc
chmod +x trunc
./trunc
echo $?
printf '#!./s\n' > nest
chmod +x nest s
./nest q
ln -s s l
./l
PATH=.:$PATH s x
( exec -a zzz ./s )
sh ./s y
bash < s
env ./s
echo $?
env nosuch
echo $?
printf '\x7fELF garbage' > g
chmod +x g
./g
echo $?
busybox sh -c 'echo bb; ls | head -2'
nice ./nosuch
echo $?
timeout 1 ./p z
echo $?
xargs ./s < <(echo 1 2)
find . -name s -exec {} found \;;
printf '#!/bin/sh -e\nfalse\necho no' > ee
chmod +x ee
./ee
echo $?
printf '#!' > hb
chmod +x hb
./hb
echo $?
