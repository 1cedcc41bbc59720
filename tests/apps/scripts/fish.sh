# needs: fish
fish -c 'set a 3 1 2; echo (count $a) $a[2]; for i in (seq 3); echo $i; end; string upper hi; math "2^10"; echo hi | string replace h j; false; echo $status; switch foo; case "f*"; echo m; end'
fish -c 'function f; echo in $argv; return 3; end; f 1 2; echo $status; sleep 0.1 & wait; echo done; string match -r "(\d+)" a12; status is-interactive; echo $status; ls / | head -n 2'
fish -c 'exit 4'
echo $?
rm -rf .config .local .cache
