seq 100 > f
split -b 50 f b
ls
cat b* | cmp - f
rm b*
split -C 60 -d -a 3 --additional-suffix=.txt f c
ls c*
rm c*
split -n l/3 f l
wc -c l*
rm l*
split -n r/2 f r
head -2 r*
rm r*
split --filter='wc -l' -l 40 f
split -n 2/3 f | head -2
split -x -l 30 f h
ls h*
csplit f '/5/' '{2}'
csplit -k f 10 200
echo $?
csplit -f p -b '%03d' -z f '/^50$/+2' '%90%'
ls
split -l 0 f
echo $?
split --verbose -l 60 f v
