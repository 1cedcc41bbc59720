# needs: shasum
echo abc > f
cksum -a crc f
cksum -a md5 f
cksum -a sha1 --untagged f
cksum -a sm3 f
cksum -a blake2b -l 128 f
b2sum -l 64 f
md5sum --tag f
md5sum -z f | od -c | tail -2
sum -s f
sum -r f
sha512sum f > s
echo broken >> s
sha512sum -c s
echo $?
sha512sum -c --strict s
echo $?
sha1sum -c --ignore-missing <<< 'da39a3ee5e6b4b0d3255bfef95601890afd80709  nofile'
echo $?
md5sum -b < f
md5sum f nofile
echo $?
shasum -a 256 f
