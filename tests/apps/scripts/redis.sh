# needs: redis-server redis-cli
redis-server --port 0 --unixsocket "$PWD/s" --save '' > log 2>&1 &
until redis-cli -s s ping > /dev/null 2>&1; do sleep 0.2; done
redis-cli -s s set a 1; redis-cli -s s incr a; redis-cli -s s lpush l x y z; redis-cli -s s lrange l 0 -1; redis-cli -s s eval 'return redis.call("get","a")' 0
seq 1000 | sed 's/.*/SET k& &/' | redis-cli -s s --pipe | tail -n 1; redis-cli -s s dbsize; redis-cli -s s shutdown nosave
wait $!
echo $?
rm -f log
