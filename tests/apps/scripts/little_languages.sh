# needs: lua luajit tclsh jq bc dc m4
lua -e 'print(_VERSION, 2^53, 7//2, 10 % 3, #"abc", 1e100, 0x10, 3 | 4)'
lua - a b <<< 'print(arg[1], #arg); for k, v in pairs({x=1}) do print(k, v) end; print(string.format("%5.2f|%q|%x", 3.14159, "a\nb", 255), ("hello"):gsub("l", "L"), ("a,b"):match("(%w),(%w)")); local co = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end); print(co(), co()); print(type(select(2, pcall(error, {code=1})))); print(select("#", 1, nil, 3)); local t = setmetatable({}, {__index = function(_, k) return k .. "!" end}); print(t.x); local f = io.open("f", "w"); f:write("x\ny\n"); f:close(); for l in io.lines("f") do io.write(l, ";") end; print(os.time({year=2000, month=1, day=1, hour=0}), os.getenv("HOME") ~= nil, io.popen("echo p"):read()); print(os.execute("exit 3")); table.sort({3,1,2}); print(table.concat({1,2,3}, "-"), math.floor(-3.5), math.maxinteger, utf8 and utf8.char(228)); goto e; ::e:: os.remove("f"); os.exit(4)'
echo $?
lua -e 'error("x")'
echo $?
luac -o x.luac - <<< 'print("compiled")'
lua x.luac
luac -l - <<< 'print(1)' | wc -l
luajit -e 'local ffi = require("ffi"); ffi.cdef("int abs(int);"); print(ffi.C.abs(-4), jit.version ~= nil, bit.band(7, 3)); local s = 0; for i = 1, 1e6 do s = s + i % 7 end print(s)'
luajit -joff -e 'local s = 0; for i = 1, 1e5 do s = s + i end print(s)'
tclsh <<< 'puts [expr {2**100}]; proc f {n} {if {$n<2} {return 1}; expr {$n*[f [expr $n-1]]}}; puts [f 20]; puts [lsort {c a b}]; puts [string map {a b} banana]; array set h {x 1 y 2}; puts [lsort [array names h]]; puts [exec echo hi]; catch {exec false} e; puts $e; puts [clock format 0 -gmt 1]; set f [open "|sort" r+]; puts $f "b\na"; close $f w; puts [read $f]; after 100 {set done 1}; vwait done; puts [regexp -inline {(\w)(\d)} a1]; exit 3'
echo $?
echo '{"a":[1,2,{"b":null}],"c":"x\u00e9"}' > j
jq . j
jq -c '.a|map(type)' j
jq -r .c j
jq '.a[2].b // "d"' j
jq -S 'to_entries|.[0]' j
jq -n '[range(5)]|add, length, (.[]|select(.>3))'
jq -s length j j
jq -e .zzz j
echo $?
jq '.a|' j
echo $?
echo '{' | jq .
echo $?
jq --arg x 1 -n '$x|tonumber+1'
jq -R . <<< 'raw "l"'
jq -n 'now|type, ("2000-01-01T00:00:00Z"|fromdate), ([3,1]|sort|@csv), ("a,b"|split(",")), ("x"|test("X";"i")), (1/3), 1e1000, ([1,[2]]|flatten|tojson), (try error("e") catch .), reduce (1,2,3) as $i (0;.+$i), (limit(2;repeat(1))), input_line_number, ("abc"|@base64,@uri,@sh), ({} | .a.b=1), ([1,2]|combinations(2)?), getpath(["x"]), $ENV.HOME != null, (splits("a")?)' | md5sum
jq -C . j | od -c | head -2
echo 'scale=30; 4*a(1); sqrt(2); 2^200; obase=16; 255; ibase=2; 101; define f(n) { if (n<2) return 1; return n*f(n-1); }' | bc -l
echo 'f(1/0' | bc
bc <<< 'x=5; for(i=0;i<3;i++) x*=2; x; length(12345); print "s\n"; 10%3; 1/0; halt'
dc -e '2 100 ^ p 10 k 2 v p 16 o 255 p [la1+dsa*pla10>y]sy 0sa1 lyx' | head -12
m4 <<< 'define(`f'"'"', `ifelse($1, 0, 1, `eval($1 * f(decr($1)))'"'"')'"'"')f(5) translit(abc, a-c, A-C) len(hello) esyscmd(echo sub) substr(abcdef, 2, 3) index(abc, c) include(/dev/null) sysval changequote([,])[q] dnl gone
undefine([f])f divert(1)x divert(0)y format([%05d], 42) syscmd(exit 3)sysval errprint(err
)m4exit(2)'
echo $?
