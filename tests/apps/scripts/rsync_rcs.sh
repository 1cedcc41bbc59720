# needs: rsync ci
mkdir -p s/d; echo 1 > s/a; echo 2 > s/d/b; ln -s a s/l; ln s/a s/h; touch -d '2020-01-01 UTC' s/a s/d/b
rsync -aHv s/ t/ | grep -v '^sent\|^total'; echo 3 >> s/a; rm s/d/b; touch -d 2001-01-01 s/d; rsync -av --delete --checksum s/ t/ | head -n 5; rsync -n -rv s/ u/ | head -n 4; rsync nofile t/ 2>&1 | grep -v 'rsync error'; find t | sort; cmp s/a t/a && echo same
mkdir RCS; echo a > f; ci -q -u -t-desc -minit f; co -q -l f; echo b >> f; ci -q -u -madd f; rlog f | grep -c revision; rcsdiff -q -r1.1 f; co -q -p1.1 f; merge -p f f f
rm -rf RCS t s/a s/h
