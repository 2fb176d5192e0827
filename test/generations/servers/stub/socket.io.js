// socket.io 1.3 reads this file when it is loaded, to serve it to browsers. Here it serves nothing.
