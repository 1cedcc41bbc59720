mkdir d
cd d
for i in 1 10 2 a.txt b.c B
do
    echo $i > $i
done
touch -d '2020-01-01 00:00:01' 1
touch -d '2021-01-01' 2
touch -d '2019-01-01' B
chmod 1755 .
ls -t 1 2 B
ls -v
ls -X
ls -m
ls -x -w 20
ls -C -w 20
ls -p -d .
ls -1 --group-directories-first ..
ls -lgG --time-style=+%s 1 2 B
ls -ln --time-style=long-iso 1 | awk '{print $1,$2,$3,$4,$5,$6,$7}'
ls -s --block-size=1 1 | wc -l
ls -I '*.c'
ls --hide='b*'
ls -N
ls --quoting-style=shell-always
ls --quoting-style=c
LS_COLORS='*.c=01;31' ls --color
ls --indicator-style=classify
ls -l nofile . | wc -l
ls -U | sort
ls --zero | od -c | head -1
ls -lu --time-style=+%F 1
ls -lh ..
ls --sort=size -r
ls --full-time 2
ls -Z 1
ls -i 1 | wc -w
ls -q 'a
b'
ls -rtl --time-style=iso 1 B
