#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""cluster.py N READY [--keep DIR]... [--front DIR]... [--hide DIR]... [--pass VARIABLE]...

N hosts, node1 ... nodeN, on one machine, for as long as this process lives.
A host is a process with its own network (eth0, 10.77.0.K, on a bridge that
all share), name, processes, /tmp and /dev/shm, and a server at port 514 that
runs commands as rsh does (the client is tests/mpi/rsh). Its only process that
is not somebody's command is that server.

Nothing of it can be seen in the machine's own namespaces, and nothing has a
name there: two clusters do not meet. The hosts are killed with this process,
this process with the one that started it; the kernel removes what they had.

node1 is the user's: it sees the directories --front, which the others do not.
All see --keep (they matter when they are below /tmp, which is each host's own);
--hide is empty on all but node1. Commands that come by rsh have a short
environment, as there, and VARIABLES.

READY gets lines: "switch PID", "node1 PID" ..., or "failed WHY".
"""
import argparse
import ctypes
import os
import selectors
import signal
import socket
import subprocess
import sys

NEWNS, NEWUTS, NEWIPC = 0x20000, 0x04000000, 0x08000000
NEWPID, NEWNET = 0x20000000, 0x40000000
MS_RDONLY, MS_BIND, MS_REC, MS_PRIVATE = 1, 0x1000, 0x4000, 0x40000
PR_SET_PDEATHSIG = 1
PORT = 514

libc = ctypes.CDLL(None, use_errno=True)


def call(name, *args):
    if getattr(libc, name)(*args) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def mount(source, target, kind=None, flags=0, data=None):
    call("mount", source.encode(), target.encode(), kind and kind.encode(),
         ctypes.c_ulong(flags), data and data.encode())


def die_with_parent(parent):
    call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def ip(*lines):
    """Several commands of ip, in the network that we are in."""
    done = subprocess.run(["ip", "-batch", "-"], input="\n".join(lines),
                          text=True, stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        raise OSError("ip: " + done.stderr.strip().replace("\n", "; "))


def address(k):
    return f"10.77.{k // 200}.{k % 200 + 1}"


# ---- a host -----------------------------------------------------------------

def is_below(path, folder):
    return path == folder or path.startswith(folder + "/")


def furnish(keep, hide, hosts):
    """The host's own view of files."""
    held = {d: os.open(d, os.O_PATH) for d in keep if is_below(d, "/tmp")}
    mount("none", "/", flags=MS_REC | MS_PRIVATE)
    mount("tmpfs", "/tmp", "tmpfs", data="mode=1777")
    mount("tmpfs", "/dev/shm", "tmpfs", data="mode=1777")
    for folder, fd in held.items():
        os.makedirs(folder, exist_ok=True)
        mount(f"/proc/self/fd/{fd}", folder, flags=MS_BIND | MS_REC)
        os.close(fd)
    for folder in hide:
        if is_below(folder, "/tmp"):
            os.makedirs(folder, exist_ok=True)
        if os.path.isdir(folder):
            mount("tmpfs", folder, "tmpfs")
    # Those of the machine are an example of a file that may be mounted over.
    with open("/tmp/hosts", "w", encoding="ascii") as file:
        file.write(hosts)
    fd = os.open("/tmp/hosts", os.O_PATH)
    mount(f"/proc/self/fd/{fd}", "/etc/hosts", flags=MS_BIND)
    os.close(fd)
    os.unlink("/tmp/hosts")
    mount("proc", "/proc", "proc")


class Server:
    """Runs what clients ask for; reaps all that nobody else does."""

    def __init__(self, environment):
        self.environment = environment
        self.client = {}
        self.listener = socket.create_server(("", PORT), backlog=64)

    def take(self):
        client, _ = self.listener.accept()
        client.settimeout(5)
        command = b""
        try:
            while not command.endswith(b"\0"):
                piece = client.recv(65536)
                if not piece:
                    return
                command += piece
        except OSError:
            return
        client.settimeout(None)
        child = subprocess.Popen(
            ["sh", "-c", command[:-1]], stdin=subprocess.DEVNULL,
            stdout=client, stderr=client, env=self.environment, cwd="/",
            start_new_session=True)
        child.returncode = 0  # it is reaped below
        self.client[child.pid] = client

    def reap(self):
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            client = self.client.pop(pid, None)
            if client is not None:
                code = os.waitstatus_to_exitcode(status)
                try:
                    client.sendall(f"\n@status {code % 256}\n".encode())
                    client.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
                client.close()

    def serve(self):
        wake, woken = socket.socketpair()
        woken.setblocking(False)
        wake.setblocking(False)
        signal.set_wakeup_fd(woken.fileno())
        signal.signal(signal.SIGCHLD, lambda *_: None)
        selector = selectors.DefaultSelector()
        selector.register(self.listener, selectors.EVENT_READ)
        selector.register(wake, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is wake:
                    wake.recv(4096)
                    self.reap()
                else:
                    self.take()


def host(k, options, hosts, go, ready):
    """The first process of host k; go: its network is there."""
    call("sethostname", f"node{k}".encode(), len(f"node{k}"))
    keep = options.keep + (options.front if k == 1 else [])
    hide = [] if k == 1 else options.hide + options.front
    furnish(keep, hide, hosts)
    os.read(go, 1)
    for name in ("all", "default"):
        try:
            with open(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6", "w",
                      encoding="ascii") as file:
                file.write("1")
        except OSError:
            pass  # then it has addresses of both kinds
    ip("link set lo up", f"addr add {address(k)}/16 dev eth0",
       "link set eth0 up")
    environment = {"PATH": os.environ["PATH"], "HOME": "/tmp", "LANG": "C",
                   "TMPDIR": "/tmp", "SHELL": "/bin/sh", "USER": "root"}
    for name in options.variables:
        if name in os.environ:
            environment[name] = os.environ[name]
    server = Server(environment)
    os.write(ready, b"+")
    os.close(ready)
    os.chdir("/")
    server.serve()


def start_host(k, options, hosts, ready):
    """Returns its process and the descriptor that lets it go on."""
    go, let_go = os.pipe()
    own = os.open("/proc/self/ns/pid", os.O_RDONLY)
    call("unshare", NEWPID)  # of the next child
    pid = os.fork()
    if pid == 0:
        try:
            # Its parent's number is 0 here: none of ours.
            call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            call("unshare", NEWNS | NEWUTS | NEWIPC | NEWNET)
            os.close(let_go)
            os.write(ready, b".")
            host(k, options, hosts, go, ready)
        except Exception as error:  # pylint: disable=broad-except
            os.write(ready, f"failed node{k}: {error}\n".encode())
        os._exit(1)
    call("setns", own, NEWPID)
    os.close(own)
    os.close(go)
    return pid, let_go


# ---- all of them ------------------------------------------------------------

def expect(ready, what, n):
    for _ in range(n):
        said = os.read(ready, 1)
        if said != what:
            raise OSError((said + os.read(ready, 4096)).decode().strip())


def build(options):
    call("unshare", NEWNET)
    hosts = "127.0.0.1 localhost\n" + "".join(
        f"{address(k)} node{k}\n" for k in range(1, options.n + 1))
    told, ready = os.pipe()
    started = [start_host(k, options, hosts, ready)
               for k in range(1, options.n + 1)]
    os.close(ready)
    expect(told, b".", options.n)
    lines = ["link add br0 type bridge", "link set br0 up"]
    for k, (pid, _) in enumerate(started, 1):
        lines += [f"link add node{k} type veth peer name eth0 netns {pid}",
                  f"link set node{k} master br0 up"]
    ip(*lines)
    for _, let_go in started:
        os.write(let_go, b"+")
    expect(told, b"+", options.n)
    return [pid for pid, _ in started]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("n", type=int)
    parser.add_argument("ready")
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--keep", action="append", default=[])
    parser.add_argument("--front", action="append", default=[])
    parser.add_argument("--hide", action="append", default=[])
    parser.add_argument("--pass", action="append", default=[],
                        dest="variables")
    options = parser.parse_args()
    die_with_parent(options.parent)
    said = f"switch {os.getpid()}\n"
    try:
        pids = build(options)
    except OSError as error:
        pids, said = [], f"failed {error}\n"
    for k, pid in enumerate(pids, 1):
        said += f"node{k} {pid}\n"
    with open(options.ready, "w", encoding="ascii") as ready:
        ready.write(said)
    for pid in pids:  # one that is killed is a host that lost its power
        os.waitpid(pid, 0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
