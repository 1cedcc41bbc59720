# needs: ruby php guile
ruby -rjson -e 'puts JSON.generate({"a"=>[1,2,{"b"=>nil}]}); puts 2**100; puts `echo sub`.chomp; p $?.exitstatus; th=(1..4).map{|i| Thread.new{i*i}}; p th.map(&:value); pid=fork{exit 3}; Process.wait pid; p $?.exitstatus; r,w=IO.pipe; w.puts "hi"; w.close; p r.read; def fib(n)=n<2?n:fib(n-1)+fib(n-2); p fib(15)'
ruby -e 'Signal.trap("USR1"){puts "got"}; Process.kill("USR1",$$); sleep 0.1; abort "bye"'
echo $?
php -r 'echo json_encode(["a"=>1,"b"=>[1,2,3]]),"\n"; var_dump(2**63, 0.1+0.2, "abc"[1]); preg_match("/(\d+)/","ab12",$m); print_r($m); echo shell_exec("echo hi"); try{intdiv(1,0);}catch(DivisionByZeroError $e){echo $e->getMessage(),"\n";} undefined_f();'
echo $?
guile --no-auto-compile -c '(display (expt 2 100)) (newline) (display (map (lambda (x) (* x x)) (iota 5))) (newline) (exit 3)'
echo $?
