# needs: zsh ksh mksh
zsh -c 'a=(3 1 2); echo ${(on)a} ${#a} $((2**10)); for i in {1..3}; do echo $i; done; echo ${(U)HOME##*/}; typeset -A h; h=(k v); echo $h[k]; setopt extendedglob; ls -d /e*(N)'
zsh -c 'echo hi | read x; echo $x; false; echo $?; (exit 3); echo $?; cat =(echo temp); diff <(seq 3) <(seq 4); zmodload zsh/datetime && strftime %Y 0; kill -l | head -c 50'
zsh -c 'sleep 0.1 & wait $!; echo $?; trap "echo bye" EXIT; f() { return 5 }; f; echo $?; zmodload zsh/mathfunc; echo $((sqrt(2))); coproc cat; print -p x; read -p y; echo $y'
zsh -c 'kill -SEGV $$'
echo $?
ksh -c 'typeset -i x=5; ((x+=3)); echo $x; a=(1 2 3); echo ${#a[@]}; print -r -- "a\nb"; typeset -A m; m[k]=v; echo ${m[k]}; echo $((1.5*2)); for ((i=0;i<3;i++)); do echo $i; done; sleep 0.1 & wait; echo $?'
ksh -c 'trap "echo x" EXIT; x=$(echo a; exit 3); echo $? $x; cat <<E
hi $((2+2))
E
printf "%d %s\n" 3 a; [[ abc == a* ]] && echo m; set -o pipefail; false | true; echo $?'
mksh -c 'x=5; let x+=3; echo $x; set -A a 1 2 3; echo ${a[1]} ${#a[*]}; print -n hi; echo; typeset -u y=abc; echo $y; (exit 7); echo $?; sleep 0.1 & wait $!; echo $?; co=$(seq 3); echo $co; cat |& print -p hello; read -p z; echo $z'
