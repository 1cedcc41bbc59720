# needs: tree datamash xmlstarlet xmllint dos2unix sponge
mkdir -p a/b c; touch a/x a/b/y c/z; ln -s x a/l; tree; tree -J; tree -d; tree nofile; echo $?; tree -f -i --noreport
printf 'a\t1\nb\t2\na\t3\n' | datamash -s -g1 sum 2 mean 2; seq 10 | datamash mean 1 sstdev 1 median 1 q1 1 iqr 1 mode 1; printf 'a b\nc d\n' | datamash -W transpose; datamash foo; echo $?; seq 3 | datamash sum x; echo $?
printf '<a><b id="1">x</b><b id="2">y</b></a>' > a.xml; xmlstarlet sel -t -m '//b' -v '@id' -o '=' -v . -n a.xml; xmlstarlet ed -u '//b[@id=1]' -v z a.xml; xmlstarlet el a.xml; xmlstarlet val a.xml
xmllint --format a.xml; xmllint --xpath '//b[2]/text()' a.xml; echo; echo '<a>' | xmllint -; echo $?; xmllint --c14n a.xml
printf 'a\r\nb\r\n' > f; dos2unix f; od -c f; unix2dos -q f; od -c f; dos2unix -i f
seq 5 | sponge f; cat f; chronic sh -c 'echo no; exit 1'; echo $?; combine f and f; isutf8 f; ifne echo x < f; mispipe false true; echo $?; printf 'b\na\n' | pee cat sort; errno ENOENT
