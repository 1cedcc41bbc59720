# N rounds of arithmetic, functions, arrays, string operations and a subshell.
add() { total=$((total + $1 % 7)); }
total=0 seed=42
for ((turn = 0; turn < $1; turn++)); do
  list=()
  for ((i = 0; i < 200; i++)); do
    seed=$(((seed * 1103515245 + 12345) & 0x7fffffff))
    list+=("w$((seed >> 16 & 255))")
    add "$seed"
  done
  text="${list[*]}"
  text=${text//w1/v}
  case $text in *v99*) total=$((total + 1)) ;; esac
  [[ $text =~ w(2[0-9]+) ]] && total=$((total + BASH_REMATCH[1]))
  total=$((total + $(echo "${#text}")))
done
echo "$total"
