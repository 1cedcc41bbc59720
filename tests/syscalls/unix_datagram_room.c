// Datagrams for a socket whose queue is full: EAGAIN, poll, blocking, time limits, and the end of the socket.
#include "t.h"
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <stddef.h>
int main(){ struct sockaddr_un A={AF_UNIX}; strcpy(A.sun_path+1,"relay"); int L=2+6; int a=socket(AF_UNIX,SOCK_DGRAM,0),f[4],b=socket(AF_UNIX,SOCK_DGRAM|SOCK_NONBLOCK,0); bind(a,(void*)&A,L); for(int i=0;i<4;i++){f[i]=socket(AF_UNIX,SOCK_DGRAM|SOCK_NONBLOCK,0); connect(f[i],(void*)&A,L);} connect(b,(void*)&A,L);
#define FILL for(int i=0;i<4;i++) while(send(f[i],"x",1,0)>0){}
 FILL T(send(b,"x",1,0)); struct pollfd p={b,POLLOUT}; T(poll(&p,1,0)); if(!fork()){char c; until_waiting(getppid()); recv(a,&c,1,0); _exit(0);} double t=now(); T(poll(&p,1,50000)); IS(now()-t<25); T(send(b,"x",1,0)); T(send(b,"x",1,0)); wait(0);
 fcntl(b,F_SETFL,0); if(!fork()){char c; until_waiting(getppid()); recv(a,&c,1,0); _exit(0);} t=now(); T(send(b,"blk",3,0)); IS(now()-t<25); wait(0); FILL struct timeval v={0,80000}; setsockopt(b,SOL_SOCKET,SO_SNDTIMEO,&v,sizeof v); t=now(); T(send(b,"x",1,0)); IS(now()-t>0.07&&now()-t<25); v.tv_usec=0; setsockopt(b,SOL_SOCKET,SO_SNDTIMEO,&v,sizeof v); if(!fork()){ fcntl(a,F_SETFD,0); until_waiting(getppid()); _exit(0);} close(a); T(send(b,"x",1,0)); T(send(b,"x",1,0)); wait(0); }
