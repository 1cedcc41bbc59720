// Programs that talk through local sockets: Python's asyncio, multiprocessing and socketserver, tmux, socat.

import { compareScripts } from "../batch.ts";

const python = (text: string) => `cat > t.py <<'EOF'\n${text}\nEOF\nexec python3 t.py\n`;

compareScripts("sockets", {
  "asyncio": {
    needs: ["python3"],
    script: python(`
import asyncio
async def main():
    async def serve(r, w):
        w.write((await r.readline()).upper()); await w.drain(); w.close()
    server = await asyncio.start_unix_server(serve, "s")
    async def ask(i):
        r, w = await asyncio.open_unix_connection("s"); w.write(b"hello %d\\n" % i); answer = await r.read(); w.close()
        return answer
    print(await asyncio.gather(*[ask(i) for i in range(20)]))
    server.close(); await server.wait_closed()
    p = await asyncio.create_subprocess_exec("sh", "-c", "read x; echo got $x; exit 3", stdin=-1, stdout=-1)
    print(await p.communicate(b"in\\n"), p.returncode)
    print(await asyncio.get_running_loop().run_in_executor(None, lambda: 42))
asyncio.run(main())`),
  },
  "multiprocessing": {
    needs: ["python3"],
    script: python(`
import multiprocessing
def work(q, c):
    q.put(("from child", 4950)); c.send({"a": [1, 2, 3]}); print(c.recv(), flush=True)
def square(x): return x * x
if __name__ == "__main__":
    q = multiprocessing.Queue(); a, b = multiprocessing.Pipe(); p = multiprocessing.Process(target=work, args=(q, b))
    p.start(); print(q.get(), a.recv(), flush=True); a.send("bye"); p.join(); print(p.exitcode)
    with multiprocessing.Pool(2) as pool: print(pool.map(square, range(10)))
    with multiprocessing.Manager() as m:
        d = m.dict(); d["k"] = 1; print(dict(d))`),
  },
  "socketserver, descriptors, much data": {
    needs: ["python3"],
    script: python(`
import os, socket, socketserver, threading
class Echo(socketserver.StreamRequestHandler):
    def handle(self): self.wfile.write(b"echo " + self.rfile.readline())
s = socketserver.ThreadingUnixStreamServer("s", Echo); t = threading.Thread(target=s.serve_forever); t.start()
for i in range(3):
    c = socket.socket(socket.AF_UNIX); c.connect("s"); c.sendall(b"line %d\\n" % i); print(c.makefile().read()); c.close()
s.shutdown(); t.join(); s.server_close()
x, y = socket.socketpair(); socket.send_fds(x, [b"fd"], [os.open("/etc/passwd", 0)])
m, fds, flags, _ = socket.recv_fds(y, 10, 5); print(m, len(fds), os.read(fds[0], 5), flags)
big = os.urandom(1000000); t = threading.Thread(target=lambda: (x.sendall(big), x.shutdown(1))); t.start(); got = b""
while z := y.recv(65536): got += z
t.join(); print(got == big)`),
  },
  "tmux": {
    needs: ["tmux"],
    script: `export TMUX_TMPDIR="$PWD" SHELL=/bin/sh TERM=xterm; unset TMUX
tmux -f /dev/null -L x new -d -s one cat; echo $?
i=0; tmux -L x send-keys -t one typed Enter
until [ "$(tmux -L x capture-pane -p -t one | grep -c typed)" = 2 ] || [ $i = 300 ]; do sleep 0.1; i=$((i + 1)); done
tmux -L x capture-pane -p -t one | head -2
tmux -L x ls -F '#{session_name} #{session_windows}'
tmux -L x kill-server; echo $?; rm -rf tmux-*`,
  },
  "socat": {
    needs: ["socat"],
    script: `socat -u UNIX-LISTEN:s CREATE:out & until [ -S s ]; do sleep 0.05; done
echo through socat | socat - UNIX-CONNECT:s,retry=99,interval=0.1; wait; cat out
socat UNIX-LISTEN:t,fork EXEC:'tr a-z A-Z' & until [ -S t ]; do sleep 0.05; done
echo shout | socat - UNIX-CONNECT:t,retry=99,interval=0.1; echo again | socat - UNIX-CONNECT:t; kill $!; rm -f s t`,
  },
}, { seconds: 60 });
