# needs: nasm tcc ld
printf 'section .text\nglobal _start\n_start: mov rax,60\nmov rdi,7\nsyscall\n' > a.asm; nasm -felf64 a.asm && ld -o a a.o && ./a; echo $?
nasm -fbin -l list a.asm; cat list; echo 'mov eax,' > bad.asm; nasm -felf64 -o x.o bad.asm; echo $?; ndisasm -b64 a.o | head -n 3
printf '#include <stdio.h>\nint main(){printf("%%d\\n",6*7);return 3;}' > a.c; tcc -run a.c; echo $?; tcc -o b a.c && ./b; echo $?; tcc -c -o c.o a.c && file -b c.o; echo 'int main(){return x;}' | tcc -run -; echo $?
